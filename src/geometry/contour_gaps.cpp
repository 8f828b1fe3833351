#include "geometry/contour_gaps.h"

#include <algorithm>
#include <cstdio>

namespace anatomynet::geometry {
namespace {

constexpr double always_filled_mm = 10, never_filled_mm = 20;
constexpr double rounding_mm = 1e-3;

std::string gap_text(std::size_t slices, double mm, const char* rest) {
  char text[160];
  std::snprintf(text, sizeof text,
                "%zu %s between contours %s none (up to %.4g mm from contour to contour): %s", slices,
                slices == 1 ? "slice" : "slices", slices == 1 ? "has" : "have", mm, rest);
  return text;
}

}  // namespace

double ContourGaps::largest_filled_mm(double median_distance) {
  return std::clamp(1.5 * median_distance, always_filled_mm, never_filled_mm) + rounding_mm;
}

ContourGaps::ContourGaps(const std::vector<char>& contoured, const AxisSamples& slices) {
  std::vector<double> distances;
  std::vector<std::size_t> missing;
  std::int64_t before = -1;
  for (std::int64_t i = 0; i < std::ssize(contoured); ++i) {
    if (!contoured[static_cast<std::size_t>(i)]) continue;
    if (before >= 0) {
      distances.push_back(slices.at(i) - slices.at(before));
      missing.push_back(static_cast<std::size_t>(i - before - 1));
    }
    before = i;
  }
  if (distances.empty()) return;
  std::vector<double> sorted = distances;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  largest_ = largest_filled_mm(*middle);
  for (std::size_t i = 0; i < distances.size(); ++i) {
    if (missing[i] == 0) continue;
    const bool is_long = distances[i] > largest_;
    (is_long ? long_slices_ : short_slices_) += missing[i];
    double& longest = is_long ? longest_ : longest_short_;
    longest = std::max(longest, distances[i]);
  }
}

void ContourGaps::say(bool filled, std::vector<std::string>& warnings) const {
  if (short_slices_ > 0)
    warnings.push_back(gap_text(short_slices_, longest_short_,
                                filled ? "interpolated" : "left empty; --fill-gaps interpolates them"));
  if (long_slices_ > 0)
    warnings.push_back(gap_text(long_slices_, longest_, "left empty, as between separate parts"));
}

}  // namespace anatomynet::geometry

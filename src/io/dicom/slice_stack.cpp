#include "io/dicom/internal/slice_stack.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>

#include "core/error.h"
#include "core/vectors.h"
#include "io/dicom/internal/slice_gaps.h"

namespace anatomynet::io {
namespace {

// Positions are written with as few as one decimal, so an even series can be 0.05 mm off at any slice.
constexpr double position_noise_mm = 0.06;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

std::string show(const Vec3& v) { return format("(%.6g, %.6g, %.6g)", v[0], v[1], v[2]); }

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::input, message); }

void require_alike(const SlicePlane& first, const SlicePlane& other) {
  const auto differ = [&](const std::string& what, const std::string& a, const std::string& b) {
    fail(other.name + ": " + what + " " + b + " differs from " + a + " in " + first.name +
         "; a CT series must be one regular stack, so separate these slices");
  };
  if (first.columns != other.columns || first.rows != other.rows)
    differ("size (columns x rows)", format("%lld x %lld", (long long)first.columns, (long long)first.rows),
           format("%lld x %lld", (long long)other.columns, (long long)other.rows));
  const auto close = [](double a, double b) { return std::abs(a - b) <= 1e-4 * std::max(a, b); };
  if (!close(first.column_spacing, other.column_spacing) || !close(first.row_spacing, other.row_spacing))
    differ("Pixel Spacing", format("%.6g\\%.6g", first.row_spacing, first.column_spacing),
           format("%.6g\\%.6g", other.row_spacing, other.column_spacing));
  for (int k = 0; k < 3; ++k)
    if (std::abs(first.row[k] - other.row[k]) > 1e-3 || std::abs(first.column[k] - other.column[k]) > 1e-3)
      differ("Image Orientation (Patient)", show(first.row) + " " + show(first.column),
             show(other.row) + " " + show(other.column));
}

struct Axes {
  Vec3 x, y, z;
};

Axes axes_of(const SlicePlane& plane) {
  const double nr = std::sqrt(dot(plane.row, plane.row)), nc = std::sqrt(dot(plane.column, plane.column));
  if (std::abs(nr - 1) > 1e-2 || std::abs(nc - 1) > 1e-2 ||
      std::abs(dot(plane.row, plane.column)) > 1e-3 * nr * nc)
    fail(plane.name + ": Image Orientation (Patient) (0020,0037) " + show(plane.row) + " " +
         show(plane.column) + " is not two perpendicular unit vectors");
  Axes axes;
  axes.x = unit(plane.row);
  axes.z = unit(cross(axes.x, plane.column));
  axes.y = cross(axes.z, axes.x);
  return axes;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The slices in order and where they lie along the normal, mm.
struct Sorted {
  const std::vector<SlicePlane>& planes;
  const std::vector<std::size_t>& order;
  std::vector<double> along;

  std::string between(std::size_t z) const {
    return planes[order[z]].name + " at " + show(planes[order[z]].position) + " and " +
           planes[order[z + 1]].name + " at " + show(planes[order[z + 1]].position);
  }
};

void refuse_duplicates(const Sorted& slices, double usual) {
  for (std::size_t z = 0; z + 1 < slices.along.size(); ++z)
    if (slices.along[z + 1] - slices.along[z] < std::max(1e-3, 0.05 * usual))
      fail("two slices at the same position: " + slices.between(z) +
           "; a series must hold each position once (several phases or copies must be separated)");
}

// The distance of evenly spaced slices: of the straight line nearest to all positions; with rounded ones the
// end points alone would mislead.
std::optional<double> even_spacing(const std::vector<double>& along, double usual) {
  const std::size_t n = along.size();
  const double middle = double(n - 1) / 2;
  const double mean = std::accumulate(along.begin(), along.end(), 0.0) / double(n);
  double covariance = 0, variance = 0;
  for (std::size_t z = 0; z < n; ++z) {
    covariance += (double(z) - middle) * (along[z] - mean);
    variance += (double(z) - middle) * (double(z) - middle);
  }
  const double spacing = covariance / variance;
  const double tolerance = std::max(position_noise_mm, 0.01 * usual);
  for (std::size_t z = 0; z < n; ++z)
    if (std::abs(mean + spacing * (double(z) - middle) - along[z]) > tolerance) return {};
  return spacing;
}

// Gaps that no contour should be drawn across unasked. Slices that are missing come first.
std::vector<LostSlices> gaps_of(const Sorted& slices, const std::vector<SliceRun>& runs) {
  std::vector<LostSlices> gaps = lost_slices(runs);
  for (std::size_t z = 0; z + 1 < slices.along.size(); ++z) {
    const double mm = slices.along[z + 1] - slices.along[z];
    const bool known =
        std::any_of(gaps.begin(), gaps.end(), [&](const LostSlices& g) { return g.below == z; });
    if (mm > widest_gap_mm + position_noise_mm && !known) gaps.push_back({z, mm, 0, 0});
  }
  return gaps;
}

[[noreturn]] void refuse_gap(const Sorted& slices, const std::vector<SliceRun>& runs,
                             const std::vector<LostSlices>& gaps) {
  const LostSlices& gap = gaps.front();
  const std::string such = gaps.size() > 1 ? format(" (%zu such gaps)", gaps.size()) : std::string();
  const std::string what =
      gap.count > 0
          ? format("%d missing slice(s): %.4g mm instead of %.4g mm between ", gap.count, gap.mm, gap.usual)
          : format("a gap of %.4g mm, where at most %.4g mm are taken, between ", gap.mm, widest_gap_mm);
  fail(what + slices.between(gap.below) + such + "; the series has " + describe(runs) +
       ": supply the whole series, or give --allow-gaps to interpolate across the gaps");
}

// Uneven distances that may be taken, and what to say of them.
void take_uneven(const Sorted& slices, const std::vector<double>& heights, bool allow_gaps,
                 SliceStack& stack) {
  const std::vector<SliceRun> runs = runs_of(slices.along);
  const std::vector<LostSlices> gaps = gaps_of(slices, runs);
  if (!gaps.empty() && !allow_gaps) refuse_gap(slices, runs, gaps);
  stack.uneven.emplace(stack.grid, heights);
  std::string list;
  for (const LostSlices& gap : gaps)
    list += (list.empty() ? "" : ", ") +
            (gap.count > 0 ? format("%.4g mm instead of %.4g mm", gap.mm, gap.usual)
                           : format("%.4g mm", gap.mm)) +
            format(" between slices %zu and %zu", gap.below + 1, gap.below + 2);
  if (!gaps.empty())
    stack.warnings.push_back({"gaps-accepted", "gaps interpolated across, as asked with --allow-gaps: " +
                                                   list + "; contours there are guessed"});
  stack.warnings.push_back(
      {"uneven-slices",
       "slices lie unevenly: " + describe(runs) +
           format(
               "; contours lie on these slices; image files show them on an even grid of %.4g mm, chosen so "
               "that no slice is lost, each slice of which has the labels of the nearest CT slice",
               stack.uneven->even().spacing[2])});
}

// Sideways offsets of all slices against the first, or a tilted stack that covers them. `along`: mm of the
// slices along the normal, from the first.
void settle_shifts(const std::vector<SlicePlane>& planes, const std::vector<double>& along,
                   SliceStack& stack) {
  const std::size_t n = stack.shift.size();
  const SlicePlane& first = planes[stack.order.front()];
  const std::array<double, 2> pixel{first.column_spacing, first.row_spacing};
  std::array<double, 2> last = stack.shift.back(), low{}, high{};
  bool straight = true;
  for (int k = 0; k < 2; ++k) {
    const double tolerance = std::max(position_noise_mm, 0.1 * pixel[k]);
    for (std::size_t z = 0; z < n; ++z) {
      const double s = stack.shift[z][k], expected = last[k] * along[z] / along.back();
      if (std::abs(s - expected) > tolerance)
        fail(planes[stack.order[z]].name +
             format(
                 ": Image Position (Patient) (0020,0032) lies %.3g mm sideways of the line through the other "
                 "slices; neither a straight stack nor a gantry tilt",
                 s - expected));
      low[k] = std::min(low[k], s);
      high[k] = std::max(high[k], s);
    }
    if (high[k] - low[k] > tolerance) straight = false;
  }
  if (straight) {
    stack.shift.assign(n, {0, 0});
    return;
  }
  stack.tilted = true;
  for (int k = 0; k < 2; ++k) {
    // whole voxels, so that slices of the first plane keep their samples
    const double before = std::ceil(-low[k] / pixel[k] - 1e-6);
    const double after = std::ceil(high[k] / pixel[k] - 1e-6);
    stack.grid.size[k] += static_cast<std::int64_t>(before + after);
    for (int r = 0; r < 3; ++r) stack.grid.origin[r] -= before * pixel[k] * stack.grid.direction[r][k];
    for (auto& s : stack.shift) s[k] += before * pixel[k];
  }
  const double angle = std::atan(std::hypot(last[0], last[1]) / along.back()) * 180 / std::numbers::pi;
  if (angle > 60)
    fail(first.name + format(": slices drift sideways by %.3g degrees; no CT gantry does", angle));
  stack.warnings.push_back(
      {"gantry-tilt",
       format("gantry tilt of %.2f degrees: slices were shifted within their planes onto a straight grid of "
              "%lld x %lld voxels",
              angle, (long long)stack.grid.size[0], (long long)stack.grid.size[1])});
}

// Tissue between slices that are further apart than they are thick was not scanned.
void warn_of_thin_slices(const Sorted& slices, SliceStack& stack) {
  for (std::size_t z = 0; z + 1 < slices.along.size(); ++z) {
    const double thickness =
        std::max(slices.planes[slices.order[z]].thickness, slices.planes[slices.order[z + 1]].thickness);
    const double gap = stack.uneven ? slices.along[z + 1] - slices.along[z] : stack.grid.spacing[2];
    if (!(thickness > 0) || gap <= 1.5 * thickness) continue;
    stack.warnings.push_back(
        {"gaps-between-slices",
         format("slices are %.4g mm apart but %.4g mm thick: tissue between them was not scanned, "
                "or slices are missing regularly",
                gap, thickness)});
    return;
  }
}

}  // namespace

SliceStack stack_slices(const std::vector<SlicePlane>& planes, bool allow_gaps) {
  if (planes.empty()) fail("no slices");
  const SlicePlane& reference = planes.front();
  if (planes.size() == 1)
    fail(reference.name + ": a single slice; a CT volume needs at least two, usually a folder of them");
  for (const SlicePlane& plane : planes) {
    if (plane.columns < 1 || plane.rows < 1) fail(plane.name + ": empty image");
    require_alike(reference, plane);
  }
  const Axes axes = axes_of(reference);

  const std::size_t n = planes.size();
  std::vector<double> height(n);
  for (std::size_t i = 0; i < n; ++i) height[i] = dot(minus(planes[i].position, reference.position), axes.z);
  SliceStack stack;
  stack.order.resize(n);
  std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
  std::stable_sort(stack.order.begin(), stack.order.end(),
                   [&](std::size_t a, std::size_t b) { return height[a] < height[b]; });
  Sorted slices{planes, stack.order, std::vector<double>(n)};
  for (std::size_t z = 0; z < n; ++z) slices.along[z] = height[stack.order[z]];
  std::vector<double> gaps(n - 1);
  for (std::size_t z = 0; z + 1 < n; ++z) gaps[z] = slices.along[z + 1] - slices.along[z];
  const double usual = median(gaps);
  refuse_duplicates(slices, usual);
  const std::optional<double> spacing = even_spacing(slices.along, usual);
  std::vector<double> heights(n);
  for (std::size_t z = 0; z < n; ++z)
    heights[z] = spacing ? *spacing * double(z) : slices.along[z] - slices.along.front();

  Grid& grid = stack.grid;
  const SlicePlane& first = planes[stack.order.front()];
  grid.spacing = {first.column_spacing, first.row_spacing, spacing.value_or(heights.back() / double(n - 1))};
  grid.size = {first.columns, first.rows, static_cast<std::int64_t>(n)};
  grid.origin = first.position;
  for (int r = 0; r < 3; ++r) grid.direction[r] = {axes.x[r], axes.y[r], axes.z[r]};

  stack.shift.resize(n);
  for (std::size_t z = 0; z < n; ++z) {
    const Vec3 offset = minus(planes[stack.order[z]].position, first.position);
    stack.shift[z] = {dot(offset, axes.x), dot(offset, axes.y)};
  }
  settle_shifts(planes, heights, stack);
  grid.check("CT series");
  if (!spacing) take_uneven(slices, heights, allow_gaps, stack);
  warn_of_thin_slices(slices, stack);
  return stack;
}

}  // namespace anatomynet::io

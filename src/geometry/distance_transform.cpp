#include "geometry/distance_transform.h"

#include <algorithm>
#include <limits>

namespace anatomynet::geometry {
namespace {

constexpr double nowhere = std::numeric_limits<double>::infinity();

// Squared distances along one row of points.
void scan_row(const std::uint8_t* set, std::int64_t n, double spacing, double* squared) {
  if (std::all_of(set, set + n, [](std::uint8_t v) { return v == 0; })) {
    std::fill(squared, squared + n, nowhere);
    return;
  }
  double apart = nowhere;  // points since the last that is set
  for (std::int64_t x = 0; x < n; ++x) squared[x] = apart = set[x] ? 0 : apart + 1;
  apart = nowhere;  // to the next
  for (std::int64_t x = n; x-- > 0;) {
    apart = set[x] ? 0 : apart + 1;
    const double least = std::min(apart, squared[x]) * spacing;
    squared[x] = least * least;
  }
}

// Lower envelope of the parabolas (at - site)^2 + height over the points of one line.
class Envelope {
 public:
  Envelope(std::int64_t count, double spacing)
      : site_(static_cast<std::size_t>(count)),
        height_(site_.size()),
        from_(site_.size()),
        half_(site_.size()) {
    for (std::size_t apart = 1; apart < half_.size(); ++apart)
      half_[apart] = 0.5 / (spacing * spacing * double(apart));
    square_ = spacing * spacing;
  }

  void apply(double* line, std::int64_t stride) {
    const auto count = static_cast<std::int64_t>(site_.size());
    std::size_t n = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double f = line[i * stride];
      if (f == nowhere) continue;
      double start = -nowhere;  // in points: from here on the new parabola is the lowest
      while (n > 0) {
        const std::int64_t s = site_[n - 1];
        start = 0.5 * double(i + s) + (f - height_[n - 1]) * half_[static_cast<std::size_t>(i - s)];
        if (start > from_[n - 1]) break;
        --n;
        start = -nowhere;
      }
      site_[n] = i;
      height_[n] = f;
      from_[n++] = start;
    }
    if (n == 0) return;
    std::size_t k = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      while (k + 1 < n && from_[k + 1] < double(i)) ++k;
      const auto apart = double(i - site_[k]);
      line[i * stride] = apart * apart * square_ + height_[k];
    }
  }

 private:
  std::vector<std::int64_t> site_;
  std::vector<double> height_, from_, half_;
  double square_ = 0;
};

// Squared distances along the rows alone.
std::vector<double> in_rows(const std::vector<std::uint8_t>& set, const Size3& size, double spacing) {
  std::vector<double> squared(set.size());
  for (std::int64_t row = 0; row < size[1] * size[2]; ++row)
    scan_row(set.data() + row * size[0], size[0], spacing, squared.data() + row * size[0]);
  return squared;
}

void rows_to_slices(std::vector<double>& squared, const Size3& size, double spacing) {
  Envelope along_y(size[1], spacing);
  for (std::int64_t z = 0; z < size[2]; ++z)
    for (std::int64_t x = 0; x < size[0]; ++x)
      along_y.apply(squared.data() + z * size[0] * size[1] + x, size[0]);
}

double square_of(std::int64_t steps, double spacing) {
  return double(steps) * spacing * (double(steps) * spacing);
}

// The least of line[i +- k stride] + (k spacing)^2 below `best`, for as long as it can help; `at` of `count`.
double search_line(const double* here, std::int64_t at, std::int64_t count, std::int64_t stride,
                   double spacing, double best, std::int64_t& looked) {
  best = std::min(best, *here);
  std::int64_t apart = 1;
  for (; apart < count; ++apart) {
    const double along = square_of(apart, spacing);
    if (along >= best) break;
    if (at >= apart) best = std::min(best, here[-apart * stride] + along);
    if (at + apart < count) best = std::min(best, here[apart * stride] + along);
  }
  looked += apart;
  return best;
}

// Searches outward through the rows about one point.
double search_plane(const double* here, std::int64_t y, std::int64_t z, const Size3& size,
                    const Vec3& spacing, std::int64_t& looked) {
  const std::int64_t plane = size[0] * size[1];
  double best = search_line(here, y, size[1], size[0], spacing[1], nowhere, looked);
  for (std::int64_t apart = 1; apart < size[2]; ++apart) {
    const double along = square_of(apart, spacing[2]);
    if (along >= best) break;
    for (const std::int64_t side : {z - apart, z + apart}) {
      if (side < 0 || side >= size[2]) continue;
      const double room = best - along;
      const double found =
          search_line(here + (side - z) * plane, y, size[1], size[0], spacing[1], room, looked);
      if (found < room) best = along + found;
    }
  }
  return best;
}

}  // namespace

std::vector<double> squared_distances(const std::vector<std::uint8_t>& set, const Size3& size,
                                      const Vec3& spacing) {
  std::vector<double> squared = in_rows(set, size, spacing[0]);
  rows_to_slices(squared, size, spacing[1]);
  const std::int64_t plane = size[0] * size[1];
  Envelope along_z(size[2], spacing[2]);
  for (std::int64_t i = 0; i < plane; ++i) along_z.apply(squared.data() + i, plane);
  return squared;
}

std::vector<double> squared_distances_at(const std::vector<std::uint8_t>& wanted,
                                         const std::vector<std::uint8_t>& set, const Size3& size,
                                         const Vec3& spacing) {
  std::vector<double> squared = in_rows(set, size, spacing[0]);
  const std::int64_t plane = size[0] * size[1], row = size[0];
  const auto budget = static_cast<std::int64_t>(4 * set.size());
  std::int64_t looked = 0;
  std::vector<double> out;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(set.size()) && looked <= budget; ++i)
    if (wanted[static_cast<std::size_t>(i)])
      out.push_back(search_plane(squared.data() + i, i % plane / row, i / plane, size, spacing, looked));
  if (looked <= budget) return out;

  // Surfaces far apart: searching is no longer linear.
  out.clear();
  rows_to_slices(squared, size, spacing[1]);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(set.size()); ++i)
    if (wanted[static_cast<std::size_t>(i)])
      out.push_back(search_line(squared.data() + i, i / plane, size[2], plane, spacing[2], nowhere, looked));
  return out;
}

}  // namespace anatomynet::geometry

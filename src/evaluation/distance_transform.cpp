#include "evaluation/distance_transform.h"

#include <algorithm>
#include <limits>

namespace anatomynet {
namespace {

constexpr double nowhere = std::numeric_limits<double>::infinity();

// Squared distances along one row of points; false where none is set.
bool scan_row(const std::uint8_t* set, std::int64_t n, double spacing, double* squared) {
  if (std::all_of(set, set + n, [](std::uint8_t v) { return v == 0; })) {
    std::fill(squared, squared + n, nowhere);
    return false;
  }
  double apart = nowhere;  // points since the last that is set
  for (std::int64_t x = 0; x < n; ++x) squared[x] = apart = set[x] ? 0 : apart + 1;
  apart = nowhere;  // to the next
  for (std::int64_t x = n; x-- > 0;) {
    apart = set[x] ? 0 : apart + 1;
    const double least = std::min(apart, squared[x]) * spacing;
    squared[x] = least * least;
  }
  return true;
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

// Squared distances within each slice.
std::vector<double> in_slices(const std::vector<std::uint8_t>& set, const Size3& size, const Vec3& spacing) {
  const std::int64_t nx = size[0], ny = size[1], nz = size[2];
  std::vector<double> squared(set.size());
  Envelope along_y(ny, spacing[1]);
  for (std::int64_t z = 0; z < nz; ++z) {
    bool any = false;
    for (std::int64_t row = z * ny; row < (z + 1) * ny; ++row)
      any |= scan_row(set.data() + row * nx, nx, spacing[0], squared.data() + row * nx);
    for (std::int64_t x = 0; any && x < nx; ++x) along_y.apply(squared.data() + z * nx * ny + x, nx);
  }
  return squared;
}

}  // namespace

std::vector<double> squared_distances(const std::vector<std::uint8_t>& set, const Size3& size,
                                      const Vec3& spacing) {
  std::vector<double> squared = in_slices(set, size, spacing);
  const std::int64_t plane = size[0] * size[1];
  Envelope along_z(size[2], spacing[2]);
  for (std::int64_t i = 0; i < plane; ++i) along_z.apply(squared.data() + i, plane);
  return squared;
}

std::vector<double> squared_distances_at(const std::vector<std::uint8_t>& wanted,
                                         const std::vector<std::uint8_t>& set, const Size3& size,
                                         const Vec3& spacing) {
  const std::vector<double> flat = in_slices(set, size, spacing);
  const std::int64_t plane = size[0] * size[1], nz = size[2];
  std::vector<double> out;
  for (std::int64_t z = 0; z < nz; ++z)
    for (std::int64_t i = z * plane; i < (z + 1) * plane; ++i) {
      if (!wanted[static_cast<std::size_t>(i)]) continue;
      double best = flat[static_cast<std::size_t>(i)];
      for (std::int64_t apart = 1; apart < nz; ++apart) {
        const double along = double(apart) * spacing[2] * (double(apart) * spacing[2]);
        if (along >= best) break;
        if (z >= apart) best = std::min(best, flat[static_cast<std::size_t>(i - apart * plane)] + along);
        if (z + apart < nz) best = std::min(best, flat[static_cast<std::size_t>(i + apart * plane)] + along);
      }
      out.push_back(best);
    }
  return out;
}

}  // namespace anatomynet

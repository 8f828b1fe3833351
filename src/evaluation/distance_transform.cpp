#include "evaluation/distance_transform.h"

#include <algorithm>
#include <limits>

namespace anatomynet {
namespace {

constexpr double nowhere = std::numeric_limits<double>::infinity();

// Distances along one row of points, in steps: to the last set point, then to the next.
void scan_row(const std::uint8_t* set, std::int64_t n, double spacing, double* squared) {
  std::int64_t last = -1;
  for (std::int64_t x = 0; x < n; ++x) {
    if (set[x]) last = x;
    squared[x] = last < 0 ? nowhere : double(x - last);
  }
  std::int64_t next = -1;
  for (std::int64_t x = n; x-- > 0;) {
    if (set[x]) next = x;
    if (next >= 0 && double(next - x) < squared[x]) squared[x] = double(next - x);
  }
  for (std::int64_t x = 0; x < n; ++x) squared[x] = squared[x] * spacing * squared[x] * spacing;
}

// Lower envelope of the parabolas (at - site)^2 + height over the points of one line.
class Envelope {
 public:
  explicit Envelope(std::int64_t longest)
      : site_(static_cast<std::size_t>(longest)), height_(site_.size()), from_(site_.size()) {}

  void apply(double* line, std::int64_t count, std::int64_t stride, double spacing) {
    std::size_t n = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double f = line[i * stride], at = double(i) * spacing;
      if (f == nowhere) continue;
      double start = -nowhere;
      while (n > 0) {
        const double s = site_[n - 1];
        start = (f + at * at - height_[n - 1] - s * s) / (2 * (at - s));
        if (start > from_[n - 1]) break;
        --n;
        start = -nowhere;
      }
      site_[n] = at;
      height_[n] = f;
      from_[n++] = start;
    }
    if (n == 0) return;
    std::size_t k = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double at = double(i) * spacing;
      while (k + 1 < n && from_[k + 1] < at) ++k;
      line[i * stride] = (at - site_[k]) * (at - site_[k]) + height_[k];
    }
  }

 private:
  std::vector<double> site_, height_, from_;
};

}  // namespace

std::vector<double> squared_distances(const std::vector<std::uint8_t>& set, const Size3& size,
                                      const Vec3& spacing) {
  std::vector<double> squared(set.size());
  const std::int64_t nx = size[0], ny = size[1], nz = size[2], plane = nx * ny;
  for (std::int64_t row = 0; row < ny * nz; ++row)
    scan_row(set.data() + row * nx, nx, spacing[0], squared.data() + row * nx);
  Envelope envelope(std::max(ny, nz));
  for (std::int64_t z = 0; z < nz; ++z)
    for (std::int64_t x = 0; x < nx; ++x) envelope.apply(squared.data() + z * plane + x, ny, nx, spacing[1]);
  for (std::int64_t i = 0; i < plane; ++i) envelope.apply(squared.data() + i, nz, plane, spacing[2]);
  return squared;
}

}  // namespace anatomynet

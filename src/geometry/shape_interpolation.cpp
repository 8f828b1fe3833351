#include "geometry/shape_interpolation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "geometry/distance_transform.h"

namespace anatomynet::geometry {
namespace {

struct Slice {
  std::int64_t columns, rows;
  double dx, dy;
  std::vector<double> values;  ///< mm, positive inside
};

std::vector<double> distance_to(const std::vector<std::uint8_t>& set, const Slice& s) {
  std::vector<double> d = squared_distances(set, {s.columns, s.rows, 1}, {s.dx, s.dy, 1});
  for (double& v : d) v = std::sqrt(v);
  return d;
}

// The outline runs half-way between the last centre inside and the first outside: inner and outer distance
// differ by it alike.
void sign_distances(const std::vector<std::uint8_t>& inside, Slice& s) {
  std::vector<std::uint8_t> outside(inside.size());
  std::transform(inside.begin(), inside.end(), outside.begin(),
                 [](std::uint8_t c) { return std::uint8_t(c ? 0 : 1); });
  const auto to_in = distance_to(inside, s), to_out = distance_to(outside, s);
  s.values.resize(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i)
    s.values[i] = std::min(to_out[i], 1e6) - std::min(to_in[i], 1e6);
}

}  // namespace

void interpolate_gaps(LabelVolume& mask, int axis, const std::vector<double>& mm, double largest_mm) {
  const Grid& grid = mask.grid;
  const auto n = static_cast<std::size_t>(axis);
  const std::size_t a = n == 0 ? 1 : 0, b = n == 2 ? 1 : 2;
  std::int64_t low[2] = {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()},
               high[2] = {-1, -1};
  std::vector<char> holds(static_cast<std::size_t>(grid.size[n]));
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        if (!mask.at(x, y, z)) continue;
        const Size3 p{x, y, z};
        holds[static_cast<std::size_t>(p[n])] = 1;
        low[0] = std::min(low[0], p[a]), high[0] = std::max(high[0], p[a]);
        low[1] = std::min(low[1], p[b]), high[1] = std::max(high[1], p[b]);
      }
  if (high[0] < 0) return;
  // One voxel of surroundings, so that a mask that fills its box has an outside.
  for (int k = 0; k < 2; ++k) --low[k], ++high[k];
  const auto slice_at = [&](std::int64_t i) {
    Slice s{high[0] - low[0] + 1, high[1] - low[1] + 1, grid.spacing[a], grid.spacing[b], {}};
    std::vector<std::uint8_t> inside(static_cast<std::size_t>(s.columns * s.rows));
    for (std::int64_t v = 1; v + 1 < s.rows; ++v)
      for (std::int64_t u = 1; u + 1 < s.columns; ++u) {
        Size3 p;
        p[n] = i, p[a] = low[0] + u, p[b] = low[1] + v;
        inside[static_cast<std::size_t>(v * s.columns + u)] = mask.at(p[0], p[1], p[2]) != 0;
      }
    sign_distances(inside, s);
    return s;
  };
  std::int64_t before = -1;
  for (std::int64_t i = 0; i < grid.size[n]; ++i) {
    if (!holds[static_cast<std::size_t>(i)]) continue;
    const auto at_mm = [&](std::int64_t slice) { return mm[static_cast<std::size_t>(slice)]; };
    if (before >= 0 && i - before > 1 && at_mm(i) - at_mm(before) <= largest_mm) {
      const Slice s = slice_at(before), t = slice_at(i);
      for (std::int64_t k = before + 1; k < i; ++k) {
        const double w = (at_mm(k) - at_mm(before)) / (at_mm(i) - at_mm(before));
        for (std::int64_t v = 1; v + 1 < s.rows; ++v)
          for (std::int64_t u = 1; u + 1 < s.columns; ++u) {
            const auto at = static_cast<std::size_t>(v * s.columns + u);
            if ((1 - w) * s.values[at] + w * t.values[at] < 0) continue;
            Size3 p;
            p[n] = k, p[a] = low[0] + u, p[b] = low[1] + v;
            mask.at(p[0], p[1], p[2]) = 1;
          }
      }
    }
    before = i;
  }
}

}  // namespace anatomynet::geometry

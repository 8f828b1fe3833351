#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "core/vectors.h"

namespace anatomynet::geometry {

/// The value of a volume at `index` (x, y, z in voxels), linear between voxel centres. Beyond the ends the
/// outermost value counts, or 0 where `outside_is_zero`. V: CtView, Volume<float>.
template <class V>
double interpolated(const V& volume, const Vec3& index, bool outside_is_zero) {
  std::array<std::int64_t, 3> low{}, high{};
  Vec3 share{};
  for (int k = 0; k < 3; ++k) {
    const double last = double(volume.grid.size[k] - 1);
    if (outside_is_zero && !(index[k] >= 0 && index[k] <= last)) return 0;
    const double at = std::clamp(index[k], 0.0, last);
    low[k] = static_cast<std::int64_t>(at);
    high[k] = std::min(low[k] + 1, volume.grid.size[k] - 1);
    share[k] = at - double(low[k]);
  }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<std::int64_t, 3> v{};
    for (int k = 0; k < 3; ++k) {
      const bool upper = (corner >> k & 1) != 0;
      weight *= upper ? share[k] : 1 - share[k];
      v[k] = upper ? high[k] : low[k];
    }
    if (weight > 0) sum += weight * double(volume.at(v[0], v[1], v[2]));
  }
  return sum;
}

}  // namespace anatomynet::geometry

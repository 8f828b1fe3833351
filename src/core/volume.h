#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/grid.h"
#include "core/names.h"

namespace anatomynet::core {

/// Voxels and where they lie; x fastest, then y, then z. A CT holds HU, a label map organ ids (0 =
/// background).
template <class T>
struct Volume {
  Grid grid;
  std::vector<T> voxels;

  Volume() = default;
  explicit Volume(const Grid& g, T value = T{})
      : grid(g), voxels(static_cast<std::size_t>(g.voxel_count()), value) {}

  T& at(std::int64_t x, std::int64_t y, std::int64_t z) { return voxels[grid.offset(x, y, z)]; }
  const T& at(std::int64_t x, std::int64_t y, std::int64_t z) const { return voxels[grid.offset(x, y, z)]; }
  std::span<const T> slice(std::int64_t z) const {
    const auto n = static_cast<std::size_t>(grid.size[0] * grid.size[1]);
    return std::span<const T>(voxels).subspan(static_cast<std::size_t>(z) * n, n);
  }
};

using CtVolume = Volume<std::int16_t>;     ///< HU
using LabelVolume = Volume<std::uint8_t>;  ///< organ id a voxel, 0 = background

}  // namespace anatomynet::core

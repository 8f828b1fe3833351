#pragma once
#include <cstdint>
#include <span>

#include "core/names.h"
#include "core/volume.h"

namespace anatomynet::core {

/// Voxels that somebody else owns, and where they lie; ordered as those of a Volume, which becomes one
/// without a copy.
template <class T>
struct VolumeView {
  Grid grid;
  std::span<const T> voxels;  ///< grid.voxel_count() of them; they outlive the view

  VolumeView(const Volume<T>& volume) : grid(volume.grid), voxels(volume.voxels) {}
  VolumeView(const Grid& where, std::span<const T> values) : grid(where), voxels(values) {}

  const T& at(std::int64_t x, std::int64_t y, std::int64_t z) const { return voxels[grid.offset(x, y, z)]; }
};

using CtView = VolumeView<std::int16_t>;  ///< HU

}  // namespace anatomynet::core

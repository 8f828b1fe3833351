#pragma once
#include <cstdint>
#include <vector>

#include "core/volume.h"
#include "quality/quality.h"

namespace anatomynet::quality {

/// The connected pieces of a mask.
struct Pieces {
  std::vector<std::int32_t> of_voxel;  ///< piece of every voxel, -1 outside; as the mask's voxels
  std::vector<std::int64_t> voxels;    ///< of every piece; piece 0 is the largest, then by size
};

enum class Neighbours { six, twenty_six };

/// Pieces of the voxels that are not 0, in time linear in the voxels; equal sizes in the order in which their
/// first voxels come.
Pieces pieces_of(const LabelVolume& mask, Neighbours neighbours);

/// All but the largest, in order of size, with their distance from it.
std::vector<Piece> pieces_beside_largest(const Grid& grid, const Pieces& pieces);

}  // namespace anatomynet::quality

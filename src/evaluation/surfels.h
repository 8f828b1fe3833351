#pragma once
#include <array>

#include "core/grid.h"

namespace anatomynet::evaluation {

/// Area (mm^2) of the surface within the cell between eight neighbouring voxel centres, by which of them are
/// inside: bit dx + 2 dy + 4 dz of the code is the voxel at that offset. 0 where all or none are.
///
/// The surface is that of marching cubes (Lorensen and Cline 1987) through the middles of the cell's edges.
/// Which one, where several are possible: a face with two inside corners on one diagonal keeps them apart;
/// codes with more than four corners inside, or with four of them corner 0, are those of the complement. A
/// polygon that is not flat is cut into the triangles of largest total area in the unit cube, of several with
/// the same total those with the larger squares. The areas are then those of google-deepmind/surface-distance
/// (Nikolov et al. 2021) for all 256 codes.
std::array<double, 256> surfel_areas(const Vec3& spacing);

}  // namespace anatomynet::evaluation

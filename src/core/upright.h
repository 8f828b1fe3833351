#pragma once
#include "core/volume.h"

namespace anatomynet {

/// The largest angle, in degrees, between an index axis and the patient's axis nearest to it.
double obliquity(const Grid& grid);

/// A grid along L, P, S that holds every voxel of `grid`, with the spacing of its nearest axes.
Grid upright_grid(const Grid& grid);

/// Trilinear interpolation on any grid; HU `outside` where `in` has no voxels around a point.
CtVolume resample_oblique(const CtVolume& in, const Grid& target, std::int16_t outside);

/// Labels on any grid: of the up to eight labels around a point the one with the largest trilinear share, the
/// lower on a tie; 0 outside.
LabelVolume resample_oblique(const LabelVolume& in, const Grid& target);

}  // namespace anatomynet

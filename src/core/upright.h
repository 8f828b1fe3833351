#pragma once
#include "core/names.h"
#include "core/uneven_slices.h"
#include "core/volume_view.h"

namespace anatomynet::core {

/// The largest angle, in degrees, between an index axis and the patient's axis nearest to it.
double obliquity(const Grid& grid);

/// A grid along L, P, S that holds every voxel of `grid`, with the spacing of its nearest axes.
Grid upright_grid(const Grid& grid);

/// Trilinear interpolation on any grid; HU `outside` where `in` has no voxels around a point. `uneven`: where
/// the samples of `in` lie along one axis.
CtVolume resample_oblique(const CtView& in, const Grid& target, std::int16_t outside,
                          const AxisPositions* uneven = nullptr);

/// Labels on any grid: of the up to eight labels around a point the one with the largest trilinear share, the
/// lower on a tie; 0 outside. `uneven`: where the target's samples lie along one of its axes.
LabelVolume resample_oblique(const LabelVolume& in, const Grid& target,
                             const AxisPositions* uneven = nullptr);

}  // namespace anatomynet::core

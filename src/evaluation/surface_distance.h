#pragma once
#include <optional>

#include "core/volume.h"

namespace anatomynet {

/// 95% Hausdorff distance of one organ's surfaces, mm: the larger of the two 95th percentiles of the
/// distances from each surface to the other (Raudaschl et al. 2017), percentiles interpolated linearly
/// between ranks. A surface is the voxels of the organ that have one of their six neighbours outside it
/// (beyond the volume's border is outside); distances run between voxel centres, exact at any spacing. None
/// where either map lacks the organ. Time is linear in the box around both. Errors: Error(input) when the
/// maps differ in size or spacing.
std::optional<double> hausdorff95(const LabelVolume& predicted, const LabelVolume& truth, int id);

}  // namespace anatomynet

#pragma once
#include <cstddef>
#include <vector>

#include "core/volume.h"

namespace anatomynet::geometry {

/// Fills empty slices (across grid axis `axis`) between slices of a 0/1 mask that hold something: signed
/// distances to the outlines on both sides (mm, exact Euclidean), blended linearly by the distance to either
/// slice; in where the blend is not outside (Raya and Udupa 1990). Slices that hold something stay as they
/// are, and so do gaps of more than `largest_mm` from one such slice to the next. `mm` is where the slices
/// lie, one value each.
void interpolate_gaps(LabelVolume& mask, int axis, const std::vector<double>& mm, double largest_mm);

}  // namespace anatomynet::geometry

#pragma once
#include "core/volume.h"

namespace anatomynet {

/// Fills the empty slices (across grid axis `axis`) between slices of a 0/1 mask that hold something: signed
/// distances to the outlines on both sides (mm, exact Euclidean), blended linearly; in where the blend is not
/// outside (Raya and Udupa 1990). Slices that hold something stay as they are.
void interpolate_gaps(LabelVolume& mask, int axis);

}  // namespace anatomynet

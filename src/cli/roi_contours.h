#pragma once
#include <vector>

#include "core/volume.h"
#include "io/rtstruct.h"

namespace anatomynet::cli {

/// The organs of a label map as RTSTRUCT contours on its slices: faithful to the mask, holes as keyholes.
std::vector<RoiContours> roi_contours(const LabelVolume& labels, const OrganTable& organs);

}  // namespace anatomynet::cli

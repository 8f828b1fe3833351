#pragma once
#include "core/uneven_slices.h"
#include "geometry/rasterise.h"

namespace anatomynet::geometry {

/// The same as `rasterise` for a CT whose slices lie unevenly: contours fill the slices on which they lie,
/// and the mask comes on `slices.even()`, which shows each slice's.
Rasterised rasterise(const std::vector<PatientContour>& contours, const UnevenSlices& slices,
                     const RasteriseOptions& options = {});

}  // namespace anatomynet::geometry

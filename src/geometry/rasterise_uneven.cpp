#include "geometry/rasterise_uneven.h"

namespace anatomynet::geometry {

Rasterised rasterise(const std::vector<PatientContour>& contours, const UnevenSlices& slices,
                     const RasteriseOptions& options) {
  RasteriseOptions on_slices = options;
  on_slices.slices_mm = &slices.positions().mm;
  Rasterised out = rasterise(contours, slices.on_slices(), on_slices);
  out.mask = slices.to_even(out.mask);
  return out;
}

}  // namespace anatomynet::geometry

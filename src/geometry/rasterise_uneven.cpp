#include "geometry/rasterise_uneven.h"

namespace anatomynet {

Rasterised rasterise(std::vector<PatientContour> contours, const UnevenSlices& slices,
                     const RasteriseOptions& options) {
  RasteriseOptions positioned = options;
  positioned.slices_mm = &slices.positions().mm;
  Rasterised out = rasterise(std::move(contours), slices.on_slices(), positioned);
  out.mask = slices.to_even(out.mask);
  return out;
}

}  // namespace anatomynet

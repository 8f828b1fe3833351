#pragma once
#include <string>

#include "geometry/rasterise.h"

// Both directions of `anatomynet convert`.
namespace anatomynet::cli {

struct ConvertOptions {
  std::string input, ct, series, output, format;
  bool half_covered = false, fill_gaps = false;
};

/// RTSTRUCT to a folder of masks and rois.csv.
void contours_to_masks(const ConvertOptions& options);

/// A label map, or a folder of masks, to an RTSTRUCT.
void masks_to_contours(const ConvertOptions& options);

}  // namespace anatomynet::cli

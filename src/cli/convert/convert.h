#pragma once
#include <string>

#include "io/ct_image.h"
#include "pipeline/dicom_output.h"

// All directions of `anatomynet convert`.
namespace anatomynet::cli {

struct ConvertOptions {
  std::string input, ct, output, format;
  io::ReadOptions reading;
  bool half_covered = false, fill_gaps = false;
  pipeline::DicomOutputOptions dicom;
};

/// RTSTRUCT to a folder of masks and rois.csv.
void contours_to_masks(const ConvertOptions& options);

/// A DICOM Segmentation to a folder of masks and rois.csv: on the CT's grid, or on its own without a CT.
void segments_to_masks(const ConvertOptions& options);

/// A label map, or a folder of masks, to an RTSTRUCT or a DICOM Segmentation.
void masks_to_dicom(const ConvertOptions& options);

}  // namespace anatomynet::cli

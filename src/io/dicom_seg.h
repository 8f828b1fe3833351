#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/volume.h"

namespace anatomynet {

/// One segment of a DICOM Segmentation.
struct StoredSegment {
  int number = 0;        ///< Segment Number
  std::string label;     ///< Segment Label, UTF-8
  std::string code;      ///< Code Value of its property type (SCT), empty where absent
  std::string modifier;  ///< Code Value of the type's modifier: the side
  LabelVolume mask;      ///< 1 inside
};

/// A DICOM Segmentation object (PS3.3 A.51), BINARY, FRACTIONAL (inside where at least half of the largest
/// value) or LABELMAP (Supplement 243), on the grid that its frames span: files often leave out slices on
/// which nothing is.
struct DicomSegmentation {
  Grid grid;
  std::string frame_of_reference_uid, patient_id;  ///< ID in UTF-8
  std::vector<StoredSegment> segments;             ///< by number
};

/// Whether a file is a DICOM Segmentation; false too for what is no DICOM.
bool is_segmentation(const std::filesystem::path& file);

/// Errors: Error(input) naming file and attribute: no segmentation, an unknown type, frames that do not lie
/// on one regular grid, damaged or truncated.
DicomSegmentation read_segmentation(const std::filesystem::path& file);

}  // namespace anatomynet

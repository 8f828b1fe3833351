#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/uneven_slices.h"
#include "core/volume.h"
#include "core/warning.h"

namespace anatomynet::io {

/// One segment of a DICOM Segmentation, as its SegmentSequence describes it.
struct StoredSegment {
  int number = 0;        ///< Segment Number
  std::string label;     ///< Segment Label, UTF-8
  std::string code;      ///< Code Value of its property type (SCT), empty where absent
  std::string modifier;  ///< Code Value of the type's modifier: the side
};

/// A DICOM Segmentation object (PS3.3 A.51), BINARY, FRACTIONAL (inside where at least half of the largest
/// value) or LABELMAP (Supplement 243), opened for its masks, which are decoded one at a time.
class DicomSegmentation {
 public:
  /// The grid that the frames span: files often leave out slices on which nothing is.
  Grid grid;
  std::string frame_of_reference_uid, patient_id;  ///< ID in UTF-8
  std::vector<StoredSegment> segments;             ///< by number
  std::vector<Warning> warnings;                   ///< of the distance of slices, and of pixels

  /// The voxels of one segment: 1 inside. Throws Error(input) naming the frame where its pixels are damaged.
  LabelVolume mask(const StoredSegment& segment) const;

 private:
  friend DicomSegmentation read_segmentation(const std::filesystem::path&, const Grid*, const UnevenSlices*);
  struct Pixels;
  std::shared_ptr<Pixels> pixels_;
};

/// Whether a file is a DICOM Segmentation; false too for what is no DICOM.
bool is_segmentation(const std::filesystem::path& file);

/// Opens a file. `ct`: the grid of the CT it belongs to, with axes in any order; frames are then matched with
/// its slices by position, within what a CT's own positions may be off, and `grid` is the part of the CT's
/// grid that they span. Frames that lie on no slice of it, and all without `ct`, are put on a grid of their
/// own, whose distance between slices comes from their positions. `uneven`: the CT's slices where they lie
/// unevenly; frames are then matched with them, and masks lie on their even grid.
///
/// Errors: Error(input) naming file and attribute: no segmentation, an unknown type, frames that do not lie
/// on one regular grid, a grid that the file is too small for, damaged or truncated.
DicomSegmentation read_segmentation(const std::filesystem::path& file, const Grid* ct = nullptr,
                                    const UnevenSlices* uneven = nullptr);

}  // namespace anatomynet::io

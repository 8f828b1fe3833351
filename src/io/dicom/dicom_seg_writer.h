#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/label_boxes.h"
#include "core/organs.h"
#include "core/volume.h"
#include "io/ct_image.h"

namespace anatomynet::io {

struct SegmentationOptions {
  std::string series_description = "Auto-segmentation, not reviewed";
  std::string algorithm{};  ///< model name and version; empty: masks of unknown origin
  std::string software_version{};
  std::string uid_seed{};  ///< same seed, CT and masks: same bytes; empty: fresh UIDs and the current time
  bool dated = false;      ///< with a seed: the current time all the same
  std::string creator{};   ///< Content Creator's Name, UTF-8; empty: nobody
};

/// Makes a DICOM Segmentation (PS3.3 A.51) of type BINARY: one segment an organ, coded with its SNOMED CT
/// concept and side, in its colour; one frame a slice of the CT on which the organ is, none for other slices.
/// It refers to the CT's slices and shares its patient, study and frame of reference.
class SegmentationWriter {
 public:
  /// `grid` is that of all masks, one slice an image of `ct`. Frames lie where the images do, so slices may
  /// be uneven: each frame then has a Slice Thickness of its own, and none a Spacing Between Slices. Throws
  /// Error(input) where `ct` lacks what the object must repeat.
  SegmentationWriter(const DicomSource& ct, const Grid& grid, SegmentationOptions options = {});
  ~SegmentationWriter();
  SegmentationWriter(const SegmentationWriter&) = delete;
  SegmentationWriter& operator=(const SegmentationWriter&) = delete;

  /// Adds the voxels that equal `value`. False, and no segment, where there are none: the standard has no
  /// segments without frames. `how`: Segment Algorithm Type (PS3.3 C.8.20.4): AUTOMATIC, SEMIAUTOMATIC or
  /// MANUAL; empty: AUTOMATIC where the options name an algorithm, else SEMIAUTOMATIC.
  bool add(const Organ& organ, const LabelVolume& labels, int value, const std::string& how = {});
  /// The same of a mask that is given within a box alone: 1 inside, x fastest.
  bool add(const Organ& organ, const LabelBox& box, std::span<const std::uint8_t> voxels,
           const std::string& how = {});

  /// The file appears whole or not at all. Throws Error(input) where nothing was added, since an object
  /// without frames is none, or the CT's character set cannot hold a name; Error(output) where it cannot
  /// write.
  void write(const std::filesystem::path& path);

 private:
  struct Object;
  std::unique_ptr<Object> object_;
};

}  // namespace anatomynet::io

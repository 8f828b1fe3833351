#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "io/ct_image.h"
#include "io/slice_stack.h"

// What is known of DICOM files before their voxels are read. Internal to the io room.
namespace anatomynet::dicom {

/// One CT slice: a single-frame file or a frame of an enhanced one.
struct SliceHeader {
  std::filesystem::path file;
  int frame = 0;  ///< from 1 in a multi-frame file, 0 in a single-frame one
  std::string sop_instance_uid, frame_of_reference_uid;
  SlicePlane plane;
  double slope = 1, intercept = 0;  ///< HU = slope * stored + intercept
  /// What tells acquisitions apart, as the file has it; empty where it does not.
  std::string acquisition_number, acquisition_time, kernel, kvp;
};

/// A DICOM file as the walk found it.
struct FileHeader {
  std::filesystem::path file;
  std::string modality, sop_class_uid, study_uid, series_uid, series_description;
  std::string patient_id;           ///< raw bytes
  bool ct = false;                  ///< CT Image Storage or Enhanced CT, and no localizer
  std::vector<SliceHeader> slices;  ///< of a CT
  std::string problem;              ///< of a CT: why `slices` could not be read; an Error(input) text
  double gantry_tilt = 0;           ///< degrees, as the header says; geometry never depends on it
};

/// Reads a file's header. False when it is no DICOM file, or a DICOMDIR. Throws Error(input) when it cannot
/// be opened or is damaged.
bool read_header(const std::filesystem::path& file, FileHeader& header);

/// The attributes that objects made from the CT repeat; `slices` stays empty.
DicomSource read_source(const std::filesystem::path& file);

}  // namespace anatomynet::dicom

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "io/ct_image.h"
#include "io/dicom/internal/slice_stack.h"

// What is known of DICOM files before their voxels are read. Internal to the io module.
namespace anatomynet::io {

/// One CT slice: a single-frame file or a frame of an enhanced one.
struct SliceHeader {
  std::filesystem::path file;
  int frame = 0;  ///< from 1 in a multi-frame file, 0 in a single-frame one
  std::string sop_instance_uid, frame_of_reference_uid;
  SlicePlane plane;
  double slope = 1, intercept = 0;  ///< HU = slope * stored + intercept
  bool has_modality_lut = false;  ///< a table of values beside them (PS3.3 C.11.1), which a CT Image has not
  /// What tells acquisitions apart, as the file has it; empty where it does not.
  std::string acquisition_number, acquisition_time, kernel, kvp;
};

enum class FileKind {
  foreign,        ///< no DICOM
  directory,      ///< a DICOMDIR (PS3.10 8.6)
  damaged,        ///< may be a slice of a CT: DICOM that cannot be read so far as to tell, or not readable
  ct,             ///< CT Image Storage or Enhanced CT, and no localizer
  structure_set,  ///< RT Structure Set
  segmentation,   ///< Segmentation
  other           ///< any other DICOM object
};

/// A file by its header alone.
struct FileHeader {
  std::filesystem::path file;
  FileKind kind = FileKind::foreign;
  /// Of a foreign or damaged file: why it is called so. Of a CT: why its slices are not known or not whole;
  /// empty where all is well. Without the file's name.
  std::string problem;
  std::string modality, study_uid, series_uid, series_description, sop_instance_uid, frame_of_reference_uid;
  std::string patient_id, patient_name;  ///< UTF-8
  std::vector<SliceHeader> slices;       ///< of a CT
  double gantry_tilt = 0;                ///< degrees, as the header says; geometry never depends on it
};

/// Reads a file's header: the one place that says what a file of a folder is. Whatever the file holds comes
/// back as a kind and a problem; only too little memory is thrown.
FileHeader read_header(const std::filesystem::path& file);

/// .dcm, .dicom or .ima, in any case.
bool named_dicom(const std::filesystem::path& file);

/// The message of an Error without the path that it begins with; "damaged" where the path stands elsewhere in
/// it.
std::string without_file(const std::string& message, const std::filesystem::path& file);

/// The attributes that objects made from the CT repeat; `slices` stays empty. Throws Error(input).
DicomSource read_source(const std::filesystem::path& file);

}  // namespace anatomynet::io

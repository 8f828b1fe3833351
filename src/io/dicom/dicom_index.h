#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/warning.h"
#include "io/ct_image.h"

namespace anatomynet::io {

/// A file or folder that is not taken.
struct SkippedFile {
  enum class Kind {
    foreign,    ///< no DICOM; also pipes and devices
    hidden,     ///< a name that begins with a dot
    copy,       ///< byte for byte an image that is there already
    directory,  ///< a DICOMDIR: the files that it lists are found without it
    damaged     ///< DICOM that cannot be read, or a file or folder that cannot be opened
  };
  std::filesystem::path file;
  std::string reason;  ///< one line, without the path
  Kind kind = Kind::foreign;
};

/// A CT series of an archive, found by headers alone.
struct ArchivedCt {
  std::string patient_id, patient_name, study_uid, series_uid, frame_of_reference_uid, description;
  std::vector<std::filesystem::path> files;    ///< sorted
  std::vector<std::string> sop_instance_uids;  ///< of `files`, same order
  /// Slices of the series, or files that may be such, that cannot be used. A file of which nothing tells
  /// where it belongs counts for the CTs of its folder; without any there, for the only CT that lies beside
  /// or below the nearest folder above it.
  std::vector<SkippedFile> damaged;
  std::vector<std::filesystem::path> copies;  ///< left out: the same bytes as one of `files`
  std::string problem;  ///< why the files are not one CT, Error(input) text; mostly empty
};

/// An RTSTRUCT of an archive.
struct ArchivedStructureSet {
  std::string patient_id, study_uid, sop_instance_uid;
  std::filesystem::path file;
  std::string patient_name{};
};

/// What a tree of DICOM files holds.
struct DicomArchive {
  std::vector<ArchivedCt> cts;                          ///< by patient, then series UID
  std::vector<ArchivedStructureSet> structure_sets;     ///< by patient, then file
  std::vector<std::filesystem::path> segmentations;     ///< DICOM Segmentations
  std::map<std::string, std::size_t> other_modalities;  ///< files of PT, MR, SEG, ... by Modality
  std::vector<SkippedFile> skipped;                     ///< sorted; those in `ArchivedCt::damaged` too
  std::size_t files = 0;                                ///< looked at
};

/// What a folder, or a single file, holds: the one reader of DICOM folders. Files and folders below `root`
/// are found as walk_folder says, whatever files are called, and read by `threads` readers (0: all cores) up
/// to the voxels. Nothing in the tree stops the walk; throws Error(input) only where `root` itself is not
/// there or cannot be read.
DicomArchive index_dicom(const std::filesystem::path& root, int threads = 0, const Progress& progress = {});

/// The folder that a DICOMDIR lies in and indexes (PS3.10, 8.6); any other path as it is.
std::filesystem::path folder_of_dicomdir(const std::filesystem::path& path);

/// What a user should know of the files that were not taken: named as DICOM and none, empty, not readable.
std::vector<Warning> warnings_of(const DicomArchive& archive);

/// What lies there instead of DICOM, and what to do, where that is known, of the most frequent kind: "a.zip
/// (and 2 like it) is a ZIP archive: unpack it and give the folder"; else empty.
std::string foreign_files_hint(const DicomArchive& archive);

/// The volume of one series of the archive. Throws Error(input) for a damaged slice, naming it, unless
/// `options` accept that; they are then left out and warned of. Other errors as read_ct. The options' series
/// does not matter.
CtImage read_archived_ct(const ArchivedCt& ct, const ReadOptions& options = {},
                         const Progress& progress = {});

/// What a single file is, by its header.
enum class DicomKind { none, ct, structure_set, segmentation, other };
DicomKind dicom_kind(const std::filesystem::path& file);

}  // namespace anatomynet::io

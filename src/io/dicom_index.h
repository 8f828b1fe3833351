#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/progress.h"
#include "io/ct_image.h"

namespace anatomynet {

/// A CT series of an archive, found by headers alone.
struct ArchivedCt {
  std::string patient_id, patient_name, study_uid, series_uid, frame_of_reference_uid, description;
  std::vector<std::filesystem::path> files;    ///< sorted
  std::vector<std::string> sop_instance_uids;  ///< of `files`, same order
  std::vector<std::filesystem::path> damaged;  ///< slices of the series that were skipped
};

/// An RTSTRUCT of an archive.
struct ArchivedStructureSet {
  std::string patient_id, study_uid, sop_instance_uid;
  std::filesystem::path file;
};

/// What a tree of DICOM files holds.
struct DicomArchive {
  std::vector<ArchivedCt> cts;                          ///< by patient, then series UID
  std::vector<ArchivedStructureSet> structure_sets;     ///< by patient, then file
  std::map<std::string, std::size_t> other_modalities;  ///< files of PT, MR, ... by Modality
  struct Skipped {
    std::filesystem::path file;
    std::string reason;
  };
  std::vector<Skipped> skipped;  ///< damaged, unreadable, no DICOM: one row each; and folders not readable
  std::size_t files = 0;         ///< looked at
};

/// Walks a tree of any depth and any number of files with `threads` readers (0: all cores). Only headers are
/// read (up to the pixel data). Links to folders are followed, each folder once. A second copy of an image
/// (same SOP Instance UID) is skipped. Nothing in the tree stops the walk; Throws Error(input) only where
/// `root` itself cannot be read.
DicomArchive index_dicom(const std::filesystem::path& root, int threads = 0, const Progress& progress = {});

/// The volume of one series of the archive; errors as read_ct. Of `options` the series is not asked.
CtImage read_archived_ct(const ArchivedCt& ct, const ReadOptions& options = {});

}  // namespace anatomynet

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/warning.h"
#include "io/dicom/dicom_index.h"
#include "io/dicom/internal/dicom_header.h"

// Internal to the io module.
namespace anatomynet::io {

/// The slices of one CT series, in the order in which files were found.
struct CtSeries {
  std::string uid, description;
  std::vector<SliceHeader> slices;
  double gantry_tilt = 0;
  std::vector<Warning> warnings;
};

/// The CT to read from `path`, a folder or one file, whose contents are in `archive`: the only one, or that
/// of `series_uid`. Throws Error(input) naming what was found instead, or all CT series where there are
/// several.
const ArchivedCt& choose_ct(const DicomArchive& archive, const std::filesystem::path& path,
                            const std::string& series_uid);

/// The series of files that are known to be its slices. Throws Error(input) for a slice that cannot be read,
/// and where the slices have not one frame of reference.
CtSeries collect_ct_series(const std::vector<std::filesystem::path>& files, const std::string& series_uid);

}  // namespace anatomynet::io

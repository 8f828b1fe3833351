#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/warning.h"
#include "io/dicom_header.h"

// Internal to the io room.
namespace anatomynet::dicom {

/// The slices of one CT series, in the order in which files were found.
struct CtSeries {
  std::string uid, description;
  std::vector<SliceHeader> slices;
  double gantry_tilt = 0;
  std::vector<Warning> warnings;
};

/// Walks a folder (or takes one file) and chooses the CT series: the only one, or the one of `series_uid`.
/// Throws Error(input) naming what was found instead, or all CT series where there are several.
CtSeries find_ct_series(const std::filesystem::path& path, const std::string& series_uid,
                        const Progress& progress);

/// The series of files that are known to be its slices. Throws as find_ct_series.
CtSeries collect_ct_series(const std::vector<std::filesystem::path>& files, const std::string& series_uid);

}  // namespace anatomynet::dicom

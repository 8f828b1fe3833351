#pragma once
#include <filesystem>

#include "io/ct_image.h"
#include "io/dicom_files.h"

// Internal to the io room.
namespace anatomynet::dicom {

/// Reads a CT series from a folder, or from one (enhanced) file.
CtImage read_ct(const std::filesystem::path& path, const ReadOptions& options, const Progress& progress);

/// The volume of a series whose headers are known; `source` names it in messages. Of `options` the series is
/// not asked.
CtImage read_series(const CtSeries& series, const std::string& source, const ReadOptions& options,
                    const Progress& progress);

}  // namespace anatomynet::dicom

#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "io/ct_image.h"
#include "io/dicom/internal/dicom_files.h"

// Internal to the io module.
namespace anatomynet::io {

/// Reads a CT series from a folder, or from one (enhanced) file.
CtImage read_dicom_ct(const std::filesystem::path& path, const ReadOptions& options,
                      const Progress& progress);

/// The volume of a series whose headers are known; `source` names it in messages. Where the options accept
/// damage, files whose voxels cannot be decoded are put into `unreadable` with the reason, and the volume
/// then means nothing; else they are an Error(input).
CtImage read_series(const CtSeries& series, const std::string& source, const ReadOptions& options,
                    const Progress& progress, std::map<std::filesystem::path, std::string>& unreadable);

}  // namespace anatomynet::io

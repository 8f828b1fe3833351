#pragma once
#include <filesystem>

#include "io/ct_image.h"

// Internal to the io room.
namespace anatomynet::dicom {

/// Reads a CT series from a folder, or from one (enhanced) file.
CtImage read_ct(const std::filesystem::path& path, const ReadOptions& options, const Progress& progress);

}  // namespace anatomynet::dicom

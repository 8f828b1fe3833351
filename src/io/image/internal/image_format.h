#pragma once
#include <filesystem>
#include <string_view>

// Which format a file name stands for. Internal to the io module.
namespace anatomynet::io {

enum class Format { none, nifti, nrrd, meta };

/// By extension, whatever its case.
Format format_of(const std::filesystem::path& path);

/// Whether the file's name ends in `ending` (in lower case), whatever its case.
bool has_ending(const std::filesystem::path& path, std::string_view ending);

/// The header of a NIfTI pair whose voxels' file (.img) is named; any other path as it is.
std::filesystem::path header_of_pair(const std::filesystem::path& path);

}  // namespace anatomynet::io

#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace anatomynet::io {

/// What a file that is no DICOM is, and what to do with it, where that is known: archives, Analyze pairs,
/// image files; "a ZIP archive: unpack it and give the folder". Empty where nothing is known. Never throws.
std::string foreign_file_hint(const std::filesystem::path& file);

}  // namespace anatomynet::io

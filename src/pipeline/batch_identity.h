#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace anatomynet::pipeline {

/// What tells a batch that input files are those of an earlier run: their number, and a SHA-256 over their
/// names, sizes and times of change; their folders do not count, so that a cohort can be moved.
std::string files_identity(std::vector<std::filesystem::path> files);

/// The same of all files below a folder.
std::string folder_identity(const std::filesystem::path& folder);

/// The same of an image file and of what belongs to it (the data file beside a detached header).
std::string image_identity(const std::filesystem::path& image);

}  // namespace anatomynet::pipeline

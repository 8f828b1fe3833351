#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace anatomynet::evaluation {

/// "pt_1_labels" of pt_1_labels.nii.gz.
std::string image_stem(const std::filesystem::path& file);

/// TG-263 name of the organ that a file or ROI is named after ("Parotid-Lt", "BrainStem"); empty where none,
/// and where a paired organ's side is not said.
std::string organ_by_name(const std::string& name);

/// What a folder holds, hidden files left out, sorted. Error(input) where it cannot be read.
std::vector<std::filesystem::path> visible_files(const std::filesystem::path& folder);

}  // namespace anatomynet::evaluation

#pragma once
#include <filesystem>
#include <set>
#include <string>

#include "core/output.h"

namespace anatomynet::pipeline {

/// File names for ROIs, each handed out once.
class RoiFileNames {
 public:
  /// `name` (UTF-8) with what some file system does not take replaced by "_"; of two names that differ in
  /// case alone, or not at all, the later gets a number. Without extension; `number` stands in for an empty
  /// name.
  std::string operator()(const std::string& name, int number);

 private:
  std::set<std::string> taken_;
};

/// Marks an earlier run's masks, perhaps another patient's, for replacement: the last column of the folder's
/// rois.csv names them.
void replace_earlier_masks(OutputFolder& out, const std::filesystem::path& folder);

}  // namespace anatomynet::pipeline

#pragma once
#include <filesystem>

#include "training/case.h"

namespace anatomynet {

/// Prepared cases, ready for training without any image library.
struct TrainingSet {
  OrganTable organs;
  InputOptions input;
  std::string description;  ///< which data, for the weights file
  std::string attribution;
  std::vector<TrainingCase> training, validation;
};

/// The set as one file (safetensors layout), for machines that have libtorch and nothing else.
/// Errors: Error(input) naming file and reason when it is not such a file.
void write_packed_set(const std::filesystem::path& path, const TrainingSet& set);
TrainingSet read_packed_set(const std::filesystem::path& path);

}  // namespace anatomynet

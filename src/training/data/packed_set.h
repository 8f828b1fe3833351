#pragma once
#include <filesystem>

#include "training/data/case.h"

namespace anatomynet::training {

/// Prepared cases, ready for training without any image library.
struct TrainingSet {
  OrganTable organs;
  dataset::InputOptions input;
  std::string description;  ///< which data, for the weights file
  std::string attribution;
  std::vector<TrainingCase> training, validation;  ///< see `loaded`

  /// Outputs of a network for it: the background and the organs.
  std::int64_t classes() const { return static_cast<std::int64_t>(organs.size()) + 1; }
};

/// The set as one file (dataset/packed_file.h), for machines that have libtorch and nothing else. What is
/// read has cases that are decompressed when `loaded`, bit for bit those that were written.
/// Errors: Error(input) naming file and reason when it is not such a file.
void write_packed_set(const std::filesystem::path& path, const TrainingSet& set);
TrainingSet read_packed_set(const std::filesystem::path& path);

/// The same for training with `input`, as a data-set folder would give it: Error(input) where the cases were
/// prepared at another spacing, and the HU window is `input`'s.
TrainingSet read_packed_set(const std::filesystem::path& path, const dataset::InputOptions& input);

}  // namespace anatomynet::training

#pragma once
#include <filesystem>

#include "core/progress.h"
#include "training/packed_set.h"

namespace anatomynet::cli {

/// A data-set folder (curation/dataset_folder.h), read and prepared for the network, or a packed set as it
/// is. A build without ANATOMYNET_IO reads packed sets alone and says so.
TrainingSet load_training_set(const std::filesystem::path& path, const InputOptions& input,
                              const Progress& progress);

}  // namespace anatomynet::cli

#pragma once
#include <filesystem>

#include "core/progress.h"
#include "training/data/packed_set.h"

namespace anatomynet::cli {

/// A data-set folder (curation/dataset_folder.h), read and prepared for the network, or a packed set, whose
/// cases are decompressed as they are used. A packed set must have been made at the spacing of `input`; the
/// HU window is that of `input` for either. A build without ANATOMYNET_IO reads packed sets alone and says
/// so.
training::TrainingSet load_training_set(const std::filesystem::path& path, const dataset::InputOptions& input,
                                        const Progress& progress);

/// What `load_training_set` gives, as one packed file; a folder's cases one by one.
void pack_training_set(const std::filesystem::path& path, const dataset::InputOptions& input,
                       const std::filesystem::path& file, const Progress& progress);

}  // namespace anatomynet::cli

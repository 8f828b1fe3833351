#pragma once
#include <filesystem>
#include <functional>

#include "core/messages.h"
#include "curation/dataset_folder.h"
#include "dataset/prepared_case.h"

namespace anatomynet::pipeline {

/// Image and labels of one case of a data-set folder, the labels as organ ids. Throws Error(input)
/// naming the case.
dataset::LabelledCase read_case(const curation::DatasetCase& c, const curation::DatasetFolder& folder,
                                Messages& messages);

/// Calls take(prepared case, is it of validation) for every case, training first; training cases without
/// their truth, which nobody asks for. One case at a time is in memory.
void for_each_prepared(const curation::DatasetFolder& folder, const dataset::InputOptions& input,
                       Messages& messages, const std::function<void(dataset::PreparedCase, bool)>& take);

/// A data-set folder's cases, prepared, in one packed file (dataset/packed_file.h). Throws Error(input) for a
/// set without cases.
void pack_dataset(const std::filesystem::path& folder, const dataset::InputOptions& input,
                  const std::filesystem::path& file, Messages& messages);

}  // namespace anatomynet::pipeline

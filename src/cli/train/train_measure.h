#pragma once
#include <filesystem>

#include <torch/types.h>

#include "core/progress.h"
#include "network/precision.h"

namespace anatomynet::cli {

/// Measures a weights file on the validation cases of a data set (folder or packed, at the model's spacing):
/// prints the table of docs/accuracy.md and writes validation.json, accuracy.md and, for each organ, pictures
/// of its five worst cases (white: truth, coloured: prediction, on the slice where they differ most) to
/// `folder`. Organs of the data that the model lacks are left out. Errors: Error(input) for a set without
/// validation cases or without any of the model's organs, Error(model), Error(output).
void measure_weights(const std::filesystem::path& weights, const std::filesystem::path& data,
                     network::Precision precision, torch::Device device, const std::filesystem::path& folder,
                     const Progress& progress);

}  // namespace anatomynet::cli

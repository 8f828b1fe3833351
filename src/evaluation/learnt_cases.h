#pragma once
#include <filesystem>
#include <string>

namespace anatomynet::evaluation {

/// Whether the weights that drew a prediction say that they learnt from this patient: the summary.json of
/// `segment` beside it names `id` as a word of its own in `model.training_data`. False where there is no such
/// file, where it cannot be read, or where `id` has no digit or fewer than 4 characters.
/// @param predicted  label map, or the folder that `segment` wrote
bool learnt_from(const std::filesystem::path& predicted, const std::string& id);

}  // namespace anatomynet::evaluation

#pragma once
#include <filesystem>
#include <vector>

#include "pipeline/batch_cases.h"

namespace anatomynet::pipeline {

/// Calls the cases of an anonymous batch case-001, case-002, ... and writes which is which to `key`: CSV with
/// the columns case, input and series, readable by its owner alone, paths as in core/text.h's
/// percent_encoded. A case that `key` or the results in `output` know from an earlier batch keeps its number,
/// a new one gets the next free one, in the order of `cases`; no number is ever given to another case.
/// Without a `key` (empty) the results alone tell what was there. Throws Error(usage) for a key below
/// `output` or a file that is no such key, Error(output) where it cannot be written.
void anonymise_names(std::vector<BatchCase>& cases, const std::filesystem::path& key,
                     const std::filesystem::path& output);

}  // namespace anatomynet::pipeline

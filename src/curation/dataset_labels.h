#pragma once
#include <vector>

#include "core/volume.h"
#include "core/warning.h"
#include "curation/dataset_folder.h"

namespace anatomynet::curation {

/// The label maps of one case of a data set as one map of organ ids, a later map laid over those before it.
/// Throws Error(input) naming the file: not readable, maps on different grids, a value that dataset.json does
/// not name. `warnings`, where given, takes what was guessed or repaired.
LabelVolume read_dataset_labels(const DatasetCase& c, const DatasetFolder& set,
                                std::vector<Warning>* warnings = nullptr);

}  // namespace anatomynet::curation

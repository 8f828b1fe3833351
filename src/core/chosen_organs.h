#pragma once
#include <string>

#include "core/names.h"
#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::core {

/// The organs of `organs` that `list` names, in the table's order: TG-263 names, PDDCA names or ids,
/// separated by commas, whatever their case; "all" is all of them. Throws Error(usage) for a name that is not
/// in the table (`owner` says whose table it is), with the nearest ones, and for an empty list.
OrganTable chosen_organs(const OrganTable& organs, const std::string& list, const std::string& owner);

/// The same in the order of the list, each at most once; without "all".
OrganTable listed_organs(const OrganTable& organs, const std::string& list, const std::string& owner);

/// Voxels of organs that are not in `kept` become background.
void keep_labels(LabelVolume& labels, const OrganTable& kept);

}  // namespace anatomynet::core

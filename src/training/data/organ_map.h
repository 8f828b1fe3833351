#pragma once
#include "training/data/packed_set.h"

namespace anatomynet::training {

/// The case with the classes of `to` instead of those of `from`, organs matched by name: image labels, truth
/// and annotations. What `to` lacks becomes background; what `from` lacks is not annotated. The case is
/// loaded when the result is.
TrainingCase with_organs(const TrainingCase& listed, const OrganTable& from, const OrganTable& to);

/// The case with no other organs annotated than `organs`, by name, of the table that its classes are of. The
/// labels stay: the rule for missing annotations (training/loss/target.h) says how they are read.
TrainingCase with_annotations_of(const TrainingCase& listed, const OrganTable& table,
                                 const std::vector<std::string>& organs);

}  // namespace anatomynet::training

#pragma once
#include <vector>

#include "pipeline/shape_placement.h"

namespace anatomynet::pipeline {

/// Lays a prior between two points of organs that are placed by their shape: turned and stretched along the
/// way from one to the other, its up side where the second one's prior has it, and then shifted across the
/// way by three quarters of the mean distance of what the network drew of the organ (`id` in `labels`) to the
/// shape. `placed`: the shapes found so far, of the first of `priors`; `boxes` are the labels'. Refused where
/// one of the two is not placed, where they lie much nearer or farther than usual, or where the organ would
/// reach out of the volume.
ShapePlace place_between(const model::ShapePrior& prior, const std::vector<model::ShapePrior>& priors,
                         const std::vector<PlacedShape>& placed, const LabelVolume& labels,
                         const LabelBoxes& boxes, int id);

}  // namespace anatomynet::pipeline

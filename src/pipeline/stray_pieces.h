#pragma once
#include <vector>

#include "core/organs.h"
#include "model/shape_prior.h"
#include "quality/postprocess.h"

namespace anatomynet::pipeline {

/// Erases what a network drew of eyes and optic nerves where they cannot be, such as specks in a shoulder on
/// a CT whose field ends below the eyes: pieces (26 neighbours) whose centroid lies more than 50 mm from
/// where the first landmark of a prior that is placed by its neighbours (the upper brain stem) says. It says
/// so of the prior's other landmarks, and of organs that lie between one of them and the prior's own organ.
/// Nothing goes where that landmark is missing or has an odd volume. Returns an entry for each organ of which
/// anything went.
std::vector<quality::PostProcessed> drop_stray_pieces(const OrganTable& organs,
                                                      const std::vector<model::ShapePrior>& priors,
                                                      LabelVolume& labels);

/// Adds them to what post-processing changed, one entry an organ.
void add_strays(const std::vector<quality::PostProcessed>& strays,
                std::vector<quality::PostProcessed>& changed);

}  // namespace anatomynet::pipeline

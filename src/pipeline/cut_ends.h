#pragma once
#include <string>
#include <vector>

#include "core/uneven_slices.h"
#include "core/volume.h"
#include "model/organ_ends.h"
#include "quality/postprocess.h"

namespace anatomynet::pipeline {

/// Ends an organ as a clinic does: whole slices across the axis nearest to the patient's S are taken off, the
/// number whose thickness is nearest to the given mm (of uneven slices those whose centre lies within it).
///
/// An end that reaches the CT's first or last slice stays, since the organ may go on beyond it. An organ that
/// would lose more than half of its voxels stays whole: it is not what these ends were found on.
///
/// `changed` says for each organ with ends that is drawn what was taken off, or why nothing was. `uneven`:
/// the CT's slices where they lie unevenly; `labels` are then on their even grid.
void cut_ends(LabelVolume& labels, const OrganTable& organs, const std::vector<model::OrganEnds>& ends,
              const UnevenSlices* uneven, std::vector<quality::PostProcessed>& changed);

}  // namespace anatomynet::pipeline

#pragma once
#include "core/volume.h"
#include "core/volume_view.h"

namespace anatomynet::pipeline {

/// The patient's outline: 1 in the body and in the air that it holds, else 0. Tissue is what has more than
/// -300 HU; couch, mask and head rest are thinner than 8 mm, or come loose from the body once 4 mm are taken
/// off, and the largest piece that is then left is the body. What lies within 4 mm of the skin and is as
/// dense, such as a mask that fits closely, stays. Air is inside where the slice (the axis nearest to the
/// patient's long axis) holds it from all sides. No voxel is 1 where nothing is denser than -300 HU.
LabelVolume body_mask(const CtView& ct);

}  // namespace anatomynet::pipeline

#pragma once
#include "core/volume_view.h"
#include "geometry/affine_motion.h"
#include "model/shape_prior.h"

namespace anatomynet::pipeline {

/// Corners in a CT's indices.
struct IndexBox {
  Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
};

/// Of the prior's voxels that are as probable as its threshold, moved to the patient.
IndexBox box_of(const model::ShapePrior& prior, const geometry::AffineMotion& to_patient, const Grid& ct);

/// Whether a part of that box lies outside of the volume.
bool reaches_out(const model::ShapePrior& prior, const geometry::AffineMotion& to_patient, const Grid& ct);

}  // namespace anatomynet::pipeline

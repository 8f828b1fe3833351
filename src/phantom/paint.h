#pragma once
#include "core/volume.h"
#include "phantom/pose.h"
#include "phantom/structures.h"

namespace anatomynet::phantom {

/// Paints the scene on a grid whose axes are L, P, S. `couch_origin`: LPS mm of the couch frame's origin.
/// HU are sharp but for the share of each voxel a solid covers; labels hold where a voxel's centre is.
void paint(const Scene& scene, const Pose& pose, const Vec3& couch_origin, Volume<float>& hu,
           LabelVolume& labels);

}  // namespace anatomynet::phantom

#pragma once
#include <string>
#include <vector>

#include "core/volume.h"
#include "curation/source.h"

namespace anatomynet::curation {

struct FieldOptions {
  double margin_mm = 20;           ///< kept around every annotated organ, on all sides
  double below_shoulders_mm = 30;  ///< kept below the level where the shoulders set in
};

/// The part of a CT that is head and neck, in voxels of the CT's own axes, found from the image alone (body,
/// air, shoulders, lungs) and widened to every annotated organ plus a margin. Whatever the orientation of the
/// grid.
struct HeadNeckField {
  VoxelBox box;
  std::string reason;  ///< one line: what was found, in mm: "shoulders at z = -112 mm; lungs at ...; 84 of
                       ///< 190 slices kept"
};

HeadNeckField find_head_neck_field(const CtVolume& ct, const LabelVolume& labels,
                                   const FieldOptions& options = {});

/// The box's voxels; origin moved, so that world positions stay. Throws Error(input) when the box is not
/// within the volume.
CtVolume cropped(const CtVolume& volume, const VoxelBox& box);
LabelVolume cropped(const LabelVolume& volume, const VoxelBox& box);
/// Undoes `cropped`: voxels outside the box are 0.
LabelVolume uncropped(const LabelVolume& part, const Grid& original, const VoxelBox& box);

}  // namespace anatomynet::curation

#pragma once
#include <vector>

#include "core/uneven_slices.h"
#include "evaluation/boxed_mask.h"
#include "io/dicom/rtstruct.h"
#include "templates/structure_template.h"

namespace anatomynet::pipeline {

struct ContourStyle {
  bool smooth = false;        ///< sub-voxel smooth outlines; otherwise along the voxels' staircase
  bool exclusive_or = false;  ///< holes as polygons of their own (CLOSEDPLANAR_XOR); otherwise keyholes
};

/// The organs of a label map as RTSTRUCT contours on its slices. In any style the voxel centres inside are
/// exactly those of the mask. `uneven`: the CT's slices where they lie unevenly; `labels` are then on its
/// even grid, the contours on the slices.
std::vector<io::RoiContours> roi_contours(const LabelVolume& labels, const OrganTable& organs,
                                          const ContourStyle& style = {},
                                          const UnevenSlices* uneven = nullptr);

/// One structure as its template has it, of the voxels that equal `value`, or of a mask.
io::RoiContours contours_of(const templates::TemplateRoi& roi, const LabelVolume& labels, int value,
                            const ContourStyle& style, const UnevenSlices* uneven);
io::RoiContours contours_of(const templates::TemplateRoi& roi, const evaluation::BoxedMask& mask,
                            const ContourStyle& style, const UnevenSlices* uneven);

}  // namespace anatomynet::pipeline

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/label_boxes.h"
#include "core/uneven_slices.h"
#include "core/volume_view.h"
#include "geometry/affine_motion.h"
#include "model/shape_prior.h"
#include "quality/quality.h"

// Organs that the network hardly sees, such as the chiasm: their mean shape in other patients, laid where the
// organs around say; eyes, whose mean shape is laid where the network finds them; and optic nerves, whose
// mean shape is laid between the two. Measured in docs/accuracy.md.
namespace anatomynet::pipeline {

/// Where a prior lies in a patient.
struct ShapePlace {
  geometry::AffineMotion to_patient;  ///< from the prior's frame, mm in LPS
  double likeness = 0;                ///< correlation of the CT around with that of the prior, at most 1
  std::string refused;                ///< why it cannot be placed, one line; empty: it can
};

/// Looks for the landmarks in `labels`: of the first one's organ the largest piece, of each other's the piece
/// nearest to where the first says, each within the prior's limits of volume. The rigid fit through them is
/// then shifted by up to 12 mm along each axis to where the CT looks most like the surroundings, the mean
/// over all shifts being taken, each with its likeness. Refused where a landmark is missing or far off, the
/// CT looks different, or the organ would reach out of the volume. CT and labels lie on one grid; `boxes`
/// are the labels'.
ShapePlace find_place(const CtView& ct, const LabelVolume& labels, const LabelBoxes& boxes,
                      const OrganTable& organs, const model::ShapePrior& prior);

/// Draws the organ where it is as probable as the threshold, the mean over each voxel deciding, so that its
/// outline follows the CT's voxels and not the prior's. Voxels of other organs stay theirs. Returns the
/// voxels drawn.
std::int64_t draw_shape(const model::ShapePrior& prior, const geometry::AffineMotion& to_patient, int id,
                        LabelVolume& labels);

struct PlacedShape {
  int id = 0;
  model::ShapePlacing placing = model::ShapePlacing::by_neighbours;
  std::string refused;                ///< why it is not drawn by its shape; empty: it is
  geometry::AffineMotion to_patient;  ///< where it is not refused
  bool stays = false;                 ///< refused: what the network drew of it is there
  bool unseen = false;                ///< refused, and the network drew nothing of it

  /// Whether the contour is the network's, or lies where the network's did: its confidence holds.
  bool is_of_the_network() const { return placing == model::ShapePlacing::where_found || stays; }
};

/// One a prior, found among the network's own labels: post-processing keeps an organ's largest piece, which
/// need not be the landmark. What the network drew of the priors' organs goes, but for refused ones that lie
/// where the network finds them or between two others.
std::vector<PlacedShape> find_shapes(const CtView& ct, const OrganTable& organs,
                                     const std::vector<model::ShapePrior>& priors, LabelVolume& labels);

/// Draws those that are not refused, `placed` as find_shapes gave it; refuses one of which no voxel is free.
/// `uneven`: the CT's slices where they lie unevenly; the labels are on the even grid, which shows each
/// slice's.
void draw_shapes(const std::vector<model::ShapePrior>& priors, const UnevenSlices* uneven,
                 std::vector<PlacedShape>& placed, LabelVolume& labels);

/// What is said first of the organ, drawn or not; none where the network found it, or drew none of
/// what lies between two others.
std::optional<quality::Flag> flag_of(const PlacedShape& shape);

}  // namespace anatomynet::pipeline

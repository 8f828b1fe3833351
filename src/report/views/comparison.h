#pragma once
#include <string>

#include "core/organs.h"
#include "core/volume.h"
#include "report/image/canvas.h"

namespace anatomynet::report {

/// A prediction beside its truth. All on one grid whose axes run nearest to L, P, S; label values are the ids
/// of `organs`.
struct Comparison {
  const CtVolume& ct;
  const LabelVolume& predicted;
  const LabelVolume& truth;
  const OrganTable& organs;
};

/// The axial slice on which the most voxels of an organ are in one map only; where the maps agree, and where
/// neither has the organ, the slice that shows most of it (the first of several).
std::int64_t most_different_slice(const Comparison& comparison, int id);

/// The axial slice through the middle of an organ of the truth, or of the prediction where that has none.
std::int64_t centre_slice(const Comparison& comparison, int id);

/// An axial slice around one organ, `size` x `size` pixels below a caption: true outlines white, predicted
/// ones in the organs' colours, those of other organs too. Radiological convention, square pixels in mm.
report::Canvas draw_comparison(const Comparison& comparison, const Organ& organ, std::int64_t slice,
                               const std::string& caption, int size = 420);

/// The axial slice on which most organs of the truth show (report/views/survey.h, best_slice).
std::int64_t overview_slice(const LabelVolume& truth, const OrganTable& organs);

/// All organs on one axial slice, framed about those that the truth has there, drawn as above.
report::Canvas draw_overview(const Comparison& comparison, std::int64_t slice, const std::string& caption,
                             int size = 420);

}  // namespace anatomynet::report

#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "adaptation/local_cases.h"
#include "evaluation/evaluation.h"
#include "inference/refiner.h"
#include "model/model_file.h"
#include "network/network.h"
#include "network/precision.h"
#include "training/data/case.h"

namespace anatomynet::adaptation {

/// Figures of one organ's contour against the local one; a figure that is not defined is none.
struct ContourFigures {
  std::optional<double> dice, hd95_mm, mean_surface_mm;
};

/// One organ of a case that the adapted weights have not learnt from, contoured by the weights before and
/// after.
struct HeldOutOrgan {
  std::string organ;
  bool compared = false;            ///< the local contours have it
  ContourFigures before, after;     ///< where compared; an organ that the weights before lack: Dice 0
  std::optional<double> agreement;  ///< Dice of before with after; none where neither found it
};

struct HeldOutCase {
  std::string id;
  std::vector<HeldOutOrgan> organs;
  /// How far landmarks of the shape priors went from before to after, mm in LPS: by prior's organ and number.
  std::map<std::string, std::map<std::size_t, Vec3>> moved;
};

nlohmann::ordered_json to_json(const HeldOutCase& c);
HeldOutCase held_out_from(const nlohmann::ordered_json& json);

/// Weights to measure.
struct Contourer {
  std::shared_ptr<network::Network> network;
  std::shared_ptr<inference::Engine> engine;  ///< of the same weights, in the network's place: much faster
  OrganTable organs;                          ///< of its classes
  std::vector<model::OrganHuCurve> hu_curves;
  std::vector<model::OrganEnds> organ_ends;
  std::shared_ptr<inference::Refiner> refiner;  ///< of `organs` as classes; draws what second networks draw
};

struct MeasureOptions {
  dataset::InputOptions input;
  network::Precision precision = network::Precision::fp32;
  std::vector<model::ShapePrior> priors;
  std::vector<std::string> left_out;  ///< organs that are drawn by their shape, whatever the network says
};

/// The logits of a whole case: classes x z x y x x on its grid.
std::vector<float> logits_of(const training::TrainingCase& c, const Contourer& with,
                             const MeasureOptions& how);

/// A case's classes, 1 + i for organs[i], at the CT's own resolution.
struct CaseContours {
  OrganTable organs;
  LabelVolume uncut;   ///< post-processed
  LabelVolume labels;  ///< with the organs' ends cut: as `segment` makes them, without organs placed by shape
  LabelVolume first;   ///< what the first network draws, where there are second ones
  std::vector<inference::Redrawn> redrawn;
};
/// `ct`: on the grid of the case's truth (local_cases.h).
CaseContours contours_of(const training::TrainingCase& c, const CtVolume& ct, std::span<const float> logits,
                         const Contourer& with);

/// Measures two contours of a case. Its truth's classes are those of `table`.
HeldOutCase compare(const training::TrainingCase& c, const OrganTable& table, const CaseContours& before,
                    const CaseContours& after, const MeasureOptions& how);

/// Both for a local case.
HeldOutCase measure_held_out(const LocalCases& local, std::size_t i, const Contourer& before,
                             const Contourer& after, const MeasureOptions& how);

/// The organs with the label values 1, 2, ... instead of their ids.
OrganTable as_classes(OrganTable organs);

/// The place of an organ in a table, from 1; none where it is not there.
std::optional<int> class_in(const OrganTable& organs, const std::string& name);

/// Whether the truth has the organ annotated, and whether in its whole extent.
bool is_annotated(const training::TrainingCase& c, int organ_class);
bool is_partial(const training::TrainingCase& c, int organ_class);

/// The cases as two models' evaluations, for paired comparison.
evaluation::Evaluation evaluation_of(const std::vector<HeldOutCase>& cases, bool after);

}  // namespace anatomynet::adaptation

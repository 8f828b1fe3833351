#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/evaluation.h"
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
  OrganTable organs;  ///< of its classes
  std::vector<model::OrganHuCurve> hu_curves;
};

struct MeasureOptions {
  dataset::InputOptions input;
  network::Precision precision = network::Precision::fp32;
  std::vector<model::ShapePrior> priors;
};

/// Contours a case twice, as `segment` does (post-processing, without organs placed by shape; HU curves see
/// the CT as the network does, since its own voxels are not kept), and measures both. The case's classes are
/// those of `table`, at the CT's own resolution.
HeldOutCase measure_held_out(const training::TrainingCase& listed, const OrganTable& table,
                             const Contourer& before, const Contourer& after, const MeasureOptions& how);

/// The cases as two models' evaluations, for paired comparison.
evaluation::Evaluation evaluation_of(const std::vector<HeldOutCase>& cases, bool after);

}  // namespace anatomynet::adaptation

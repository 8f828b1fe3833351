#include <cmath>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "inference/engine_notes.h"
#include "model/checkpoint_file.h"
#include "model/model_file.h"
#include "model/network_tensors.h"
#include "pipeline/facts/facts.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

std::int64_t weights_in(const std::vector<model::NamedTensor>& tensors) {
  std::int64_t count = 0;
  for (const model::NamedTensor& t : tensors)
    if (t.name.find(".running_") == std::string::npos && !t.name.ends_with("num_batches_tracked"))
      count += t.count();
  return count;
}

Facts organs_of(const model::ModelInfo& info, const Facts& metrics) {
  Facts list = Facts::array();
  const Facts dice =
      metrics.is_object() ? metrics.value("validation_dice", Facts::object()) : Facts::object();
  for (const Organ& organ : info.organs) {
    Facts row{
        {"id", organ.id}, {"name", organ.name}, {"pddca", organ.pddca}, {"snomed_code", organ.snomed_code}};
    if (dice.is_object() && dice.contains(organ.name) && dice[organ.name].is_number())
      row["validation_dice"] = std::round(dice[organ.name].get<double>() * 1e4) / 1e4;
    if (const model::OrganEvidence* evidence = model::find_evidence(info.evidence, organ.name)) {
      row["evidence"] = evidence->text();
      row["check_first"] = evidence->is_weak();
    }
    list.push_back(row);
  }
  return list;
}

Facts shapes_of(const model::ModelInfo& info) {
  Facts list = Facts::array();
  for (const model::ShapePrior& prior : info.shape_priors)
    list.push_back({{"organ", prior.organ},
                    {"source", clean_text(prior.source, longest_message)},
                    {"attribution", clean_text(prior.attribution, longest_message)}});
  return list;
}

Facts hu_curves_of(const model::ModelInfo& info) {
  Facts list = Facts::array();
  for (const model::OrganHuCurve& c : info.hu_curves)
    list.push_back({{"organ", c.organ},
                    {"hu", c.curve.hu},
                    {"logits", c.curve.logits},
                    {"source", clean_text(c.source, longest_message)}});
  return list;
}

Facts refinements_of(const model::ModelInfo& info) {
  Facts list = Facts::array();
  for (const model::Refinement& r : info.refinements) {
    Facts organs = Facts::array(), curves = Facts::array();
    for (const model::Refinement::Seen& seen : r.organs) {
      organs.push_back(seen.organ);
      if (!seen.curve.hu.empty())
        curves.push_back({{"organ", seen.organ}, {"hu", seen.curve.hu}, {"logits", seen.curve.logits}});
    }
    list.push_back({{"organs", organs},
                    {"weights", weights_in(r.weights)},
                    {"size_xyz", r.size},
                    {"spacing_xyz_mm", r.spacing},
                    {"window_hu", {r.hu_low, r.hu_high}},
                    {"hu_curves", curves},
                    {"source", clean_text(r.source, longest_message)},
                    {"attribution", clean_text(r.attribution, longest_message)}});
  }
  return list;
}

Facts organ_ends_of(const model::ModelInfo& info) {
  Facts list = Facts::array();
  for (const model::OrganEnds& e : info.organ_ends)
    list.push_back({{"organ", e.organ},
                    {"upper_mm", e.upper_mm},
                    {"lower_mm", e.lower_mm},
                    {"source", clean_text(e.source, longest_message)}});
  return list;
}

Facts precisions_of(const model::Model& model) {
  Facts list = Facts::array();
  for (const auto& [precision, agreement] : inference::read_notes(model).agreement)
    list.push_back({{"precision", precision},
                    {"proven", agreement.proven()},
                    {"same_voxels_percent", 100 * agreement.voxels},
                    {"least_dice_to_fp32", agreement.least_dice},
                    {"cts", agreement.cases}});
  return list;
}

}  // namespace

Facts weights_facts(const fs::path& file) {
  const model::Model model = model::read_model(file);
  const model::ModelInfo& info = model.info;
  const Facts metrics =
      parse_json<Facts>(info.metrics.empty() ? "{}" : info.metrics, file.string(), ErrorKind::model);
  Facts facts{{"kind", "weights"},
              {"name", info.name},
              {"id", model.id},
              {"architecture", clean_text(info.architecture, longest_value)},
              {"weights", weights_in(model.weights.tensors)},
              {"tensors", model.weights.tensors.size()},
              {"window_hu", {info.hu_low, info.hu_high}},
              {"spacing_xyz_mm", info.spacing ? Facts(*info.spacing) : Facts(nullptr)},
              {"phantom_only", info.phantom_only},
              {"training_data", clean_text(info.training_data, longest_message)},
              {"attribution", clean_text(info.attribution, longest_message)},
              {"program", clean_text(info.code_version, longest_value)},
              {"organs", organs_of(info, metrics)},
              {"shape_priors", shapes_of(info)},
              {"hu_curves", hu_curves_of(info)},
              {"refinements", refinements_of(info)},
              {"organ_ends", organ_ends_of(info)},
              {"precisions", precisions_of(model)},
              {"metrics", metrics}};
  if (!info.lineage.empty())
    facts["lineage"] = parse_json<Facts>(info.lineage, file.string(), ErrorKind::model);
  return facts;
}

Facts checkpoint_facts(const fs::path& file) {
  const std::vector<model::NamedTensor> tensors = model::read_pytorch_checkpoint(file);
  const std::string architecture = model::architecture_of(tensors);
  Facts facts{{"kind", "pytorch-checkpoint"},
              {"tensors", tensors.size()},
              {"weights", weights_in(tensors)},
              {"architecture", architecture.empty() ? "none that is known" : architecture}};
  if (!architecture.empty()) facts["hint"] = "anatomynet import makes a weights file of it";
  return facts;
}

}  // namespace anatomynet::pipeline

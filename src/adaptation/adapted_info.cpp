#include "adaptation/adapted_info.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/json_text.h"
#include "core/version.h"

namespace anatomynet::adaptation {
namespace {

bool is_learnt(const Recipe& recipe, const std::string& organ) {
  return std::find(recipe.learnt.begin(), recipe.learnt.end(), organ) != recipe.learnt.end();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void take_evidence(const Parent& parent, const LocalCases& local, const Recipe& recipe,
                   const std::vector<OrganOutcome>& outcomes, model::ModelInfo& info) {
  info.evidence.clear();
  for (const model::OrganEvidence& e : parent.model.info.evidence)
    if (!is_learnt(recipe, e.organ)) info.evidence.push_back(e);
  for (const OrganOutcome& o : outcomes) {
    if (!o.learnt) continue;
    const auto* before = model::find_evidence(parent.model.info.evidence, o.organ);
    const auto drawn = local.drawn.find(o.organ);
    model::OrganEvidence e;
    e.organ = o.organ;
    e.training_scans = (before ? before->training_scans : 0) +
                       (drawn == local.drawn.end() ? 0 : static_cast<int>(drawn->second));
    e.scans = static_cast<int>(o.pairs);
    e.dice = o.after;
    e.against = "clinic";
    info.evidence.push_back(std::move(e));
  }
}

// How far landmark i of the prior went, the mean over the cases where all landmarks were found.
std::optional<Vec3> mean_move(const std::vector<HeldOutCase>& cases, const std::string& organ,
                              std::size_t i) {
  Vec3 sum{};
  double count = 0;
  for (const HeldOutCase& c : cases)
    if (const auto found = c.moved.find(organ); found != c.moved.end()) {
      for (std::size_t k = 0; k < 3; ++k) sum[k] += found->second.at(i)[k];
      ++count;
    }
  if (count < double(Rules{}.least_pairs)) return std::nullopt;
  for (double& s : sum) s /= count;
  return sum;
}

void take_shape_priors(const Recipe& recipe, const std::vector<HeldOutCase>& cases, AdaptedInfo& out) {
  std::vector<model::ShapePrior> kept;
  for (model::ShapePrior prior : out.info.shape_priors) {
    bool known = true, moved = false;
    for (std::size_t i = 0; i < prior.landmarks.size(); ++i) {
      model::Landmark& mark = prior.landmarks[i];
      if (!is_learnt(recipe, mark.organ)) continue;
      const auto by = mean_move(cases, prior.organ, i);
      known = known && by;
      moved = true;
      for (std::size_t k = 0; by && k < 3; ++k) mark.at[k] += (*by)[k];
    }
    if (!known || is_learnt(recipe, prior.organ)) {
      std::erase_if(out.info.evidence,
                    [&](const auto& e) { return e.organ == prior.organ && !is_learnt(recipe, prior.organ); });
      out.notes.push_back("the shape prior of " + prior.organ + " is gone" +
                          (known ? ": the organ is learnt now"
                                 : ": its landmarks lie on learnt organs and were found on too few cases; "
                                   "make it again (docs/small-organs.md)"));
      continue;
    }
    if (moved)
      out.notes.push_back("the shape prior of " + prior.organ +
                          " has its landmarks moved with the learnt organs; check its contours first");
    kept.push_back(std::move(prior));
  }
  out.info.shape_priors = std::move(kept);
}

void take_hu_curves(const Recipe& recipe, AdaptedInfo& out) {
  std::vector<std::string> gone;
  for (const model::OrganHuCurve& c : out.info.hu_curves)
    if (is_learnt(recipe, c.organ)) gone.push_back(c.organ);
  out.info.hu_curves = kept_hu_curves(out.info, recipe);
  if (!gone.empty())
    out.notes.push_back("the HU curves of " + joined(gone) + " are gone: the organs are learnt now");
}

}  // namespace

std::vector<model::OrganHuCurve> kept_hu_curves(const model::ModelInfo& info, const Recipe& recipe) {
  std::vector<model::OrganHuCurve> kept;
  for (const model::OrganHuCurve& c : info.hu_curves)
    if (!is_learnt(recipe, c.organ)) kept.push_back(c);
  return kept;
}

AdaptedInfo adapted_info(const Parent& parent, const LocalCases& local, const Recipe& recipe,
                         const OrganTable& table, const std::vector<OrganOutcome>& outcomes,
                         const std::vector<HeldOutCase>& cases) {
  AdaptedInfo out{parent.model.info, {}};
  model::ModelInfo& info = out.info;
  if (!info.name.ends_with("-adapted")) info.name += "-adapted";
  info.organs = table;
  info.engines.clear();
  info.code_version = version();
  info.training_data +=
      "; adapted on " + std::to_string(local.scans) + " scans of a clinic: " + joined(recipe.learnt);
  if (!local.attribution.empty() && info.attribution.find(local.attribution) == std::string::npos)
    info.attribution += "; " + local.attribution;
  take_evidence(parent, local, recipe, outcomes, info);
  take_shape_priors(recipe, cases, out);
  take_hu_curves(recipe, out);
  out.notes.push_back(
      "contours are computed in fp32 until check-engine --record has proven a faster precision "
      "for these weights");

  nlohmann::ordered_json organs = nlohmann::ordered_json::object(), dice = nlohmann::ordered_json::object();
  for (const OrganOutcome& o : outcomes) {
    organs[o.organ] = {{"learnt", o.learnt}, {"why", o.why}};
    if (o.agreement) organs[o.organ]["agreement"] = *o.agreement;
    if (o.pairs > 0) dice[o.organ] = o.after;
  }
  info.metrics = json_text(nlohmann::ordered_json{{"validation_dice", dice}});
  nlohmann::ordered_json lineage{
      {"parent", {{"id", parent.model.id}, {"sha256", parent.sha256}}},
      {"data", {{"sha256", local.sha256}, {"cases", local.cases.size()}, {"scans", local.scans}}},
      {"options",
       {{"steps", recipe.steps},
        {"seed", recipe.seed},
        {"keep", recipe.keep},
        {"held_layers", held_layers(info.architecture)}}},
      {"organs", organs},
      {"program", version()}};
  if (!parent.model.info.lineage.empty())
    lineage["parent"]["lineage"] = nlohmann::ordered_json::parse(parent.model.info.lineage);
  info.lineage = json_text(lineage);
  return out;
}

}  // namespace anatomynet::adaptation

#include "adaptation/adapted_info.h"

#include <algorithm>
#include <utility>

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

// What is new about the weights.
struct Change {
  const Recipe& recipe;
  const Round& round;
  const CalibrationResult& calibration;

  bool learnt(const std::string& organ) const { return is_learnt(recipe, organ); }
  const Calibrated* calibrated(const std::string& organ) const {
    const auto found = calibration.choice.find(organ);
    return found == calibration.choice.end() || learnt(organ) ? nullptr : &found->second;
  }
  // Where its contour was measured on held-out cases; none: it is as it was.
  const Round* measured(const std::string& organ) const {
    return learnt(organ) ? &round : calibrated(organ) ? &calibration.round : nullptr;
  }
  // Where it changed against the weights before; learnt organs are compared with calibrated ones.
  std::vector<const Round*> moved_in(const std::string& organ) const {
    std::vector<const Round*> in;
    if (calibration.choice.contains(organ)) in.push_back(&calibration.round);
    if (learnt(organ)) in.push_back(&round);
    return in;
  }
  const OrganOutcome* outcome(const std::string& organ) const {
    if (const Round* in = measured(organ))
      for (const OrganOutcome& o : in->outcomes)
        if (o.organ == organ) return &o;
    return nullptr;
  }
};

void take_evidence(const LocalCases& local, const Change& change, model::ModelInfo& info) {
  const std::vector<model::OrganEvidence> before = std::exchange(info.evidence, {});
  for (const model::OrganEvidence& e : before)
    if (!change.outcome(e.organ)) info.evidence.push_back(e);
  for (const Organ& organ : info.organs) {
    const OrganOutcome* o = change.outcome(organ.name);
    if (!o) continue;
    const auto* old = model::find_evidence(before, o->organ);
    const auto drawn = local.drawn.find(o->organ);
    model::OrganEvidence e;
    e.organ = o->organ;
    e.training_scans =
        (old ? old->training_scans : 0) + (drawn == local.drawn.end() ? 0 : static_cast<int>(drawn->second));
    e.scans = static_cast<int>(o->pairs);
    e.dice = o->after;
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

// Whether an organ that this one is laid between is placed no longer.
bool lost_an_end(const model::ShapePrior& prior, const std::vector<model::ShapePrior>& kept) {
  const auto is_kept = [&](const model::Landmark& mark) {
    return mark.part != model::LandmarkPart::placed ||
           std::any_of(kept.begin(), kept.end(), [&](const auto& p) { return p.organ == mark.organ; });
  };
  return !std::all_of(prior.landmarks.begin(), prior.landmarks.end(), is_kept);
}

void take_shape_priors(const Change& change, AdaptedInfo& out) {
  std::vector<model::ShapePrior> kept;
  for (model::ShapePrior prior : out.info.shape_priors) {
    bool known = true, moved = false;
    if (!change.learnt(prior.organ) && lost_an_end(prior, kept)) {
      std::erase_if(out.info.evidence, [&](const auto& e) { return e.organ == prior.organ; });
      out.notes.push_back("the shape prior of " + prior.organ +
                          " is gone, since an organ that it lies beside is no longer placed by its shape: "
                          "the network draws it");
      continue;
    }
    for (std::size_t i = 0; i < prior.landmarks.size(); ++i) {
      model::Landmark& mark = prior.landmarks[i];
      if (mark.part == model::LandmarkPart::placed) continue;  // it moves with the other prior
      for (const Round* in : change.moved_in(mark.organ)) {
        const auto by = mean_move(in->cases, prior.organ, i);
        known = known && by;
        moved = moved || !by || *by != Vec3{};
        for (std::size_t k = 0; by && k < 3; ++k) mark.at[k] += (*by)[k];
      }
    }
    if (!known || change.learnt(prior.organ)) {
      std::erase_if(out.info.evidence,
                    [&](const auto& e) { return e.organ == prior.organ && !change.learnt(prior.organ); });
      out.notes.push_back("the shape prior of " + prior.organ + " is gone" +
                          (known ? ": the organ is learnt now"
                                 : ": its landmarks lie on organs that changed and were found on too few "
                                   "cases; make it again (docs/small-organs.md)"));
      continue;
    }
    if (moved)
      out.notes.push_back("the shape prior of " + prior.organ +
                          " has its landmarks moved with the organs that changed; check its contours first");
    kept.push_back(std::move(prior));
  }
  out.info.shape_priors = std::move(kept);
}

void take_calibration(const Parent& parent, const Change& change, AdaptedInfo& out) {
  std::vector<std::string> gone;
  for (const model::OrganHuCurve& c : parent.model.info.hu_curves)
    if (change.learnt(c.organ)) gone.push_back(c.organ);
  out.info.hu_curves = kept_hu_curves(change.calibration.of_all, change.recipe);
  out.info.organ_ends = kept_organ_ends(change.calibration.of_all, change.recipe);
  out.info.refinements = change.calibration.of_all.refinements;
  if (!gone.empty())
    out.notes.push_back("the HU curves of " + joined(gone) + " are gone: the organs are learnt now");
}

// Whether a second network draws it, of which no precision is proven.
bool is_refined(const model::ModelInfo& info, const std::string& organ) {
  for (const model::Refinement& r : info.refinements)
    for (const model::Refinement::Seen& seen : r.organs)
      if (seen.organ == organ) return true;
  return false;
}

void take_engines(const Change& change, AdaptedInfo& out) {
  bool changed = !change.recipe.learnt.empty();
  for (const auto& [organ, takes] : change.calibration.choice)
    changed = changed || (takes.curve && change.calibrated(organ) && !is_refined(out.info, organ));
  if (!changed || out.info.engines.empty()) return;
  out.info.engines.clear();
  out.notes.push_back(
      "contours are computed in fp32 until check-engine --record has proven a faster precision "
      "for these weights");
}

nlohmann::ordered_json organs_of(const Change& change) {
  nlohmann::ordered_json organs = nlohmann::ordered_json::object();
  const auto add = [&](const Round& round) {
    for (const OrganOutcome& o : round.outcomes) {
      if (organs.contains(o.organ) && change.measured(o.organ) != &round) continue;
      nlohmann::ordered_json entry{{"learnt", change.learnt(o.organ)}, {"why", o.why}};
      if (const Calibrated* takes = change.calibrated(o.organ)) entry["calibrated"] = text_of(*takes);
      if (o.agreement) entry["agreement"] = *o.agreement;
      organs[o.organ] = entry;
    }
  };
  add(change.round);
  add(change.calibration.round);
  return organs;
}

std::string words_of(const Change& change) {
  std::vector<std::string> calibrated;
  for (const auto& [organ, takes] : change.calibration.choice)
    if (change.calibrated(organ)) calibrated.push_back(organ);
  std::string text = change.recipe.learnt.empty() ? "" : " learnt " + joined(change.recipe.learnt);
  if (!calibrated.empty()) text += (text.empty() ? "" : ";") + (" calibrated " + joined(calibrated));
  return text;
}

}  // namespace

std::vector<model::OrganHuCurve> kept_hu_curves(const model::ModelInfo& info, const Recipe& recipe) {
  std::vector<model::OrganHuCurve> kept;
  for (const model::OrganHuCurve& c : info.hu_curves)
    if (!is_learnt(recipe, c.organ)) kept.push_back(c);
  return kept;
}

std::vector<model::OrganEnds> kept_organ_ends(const model::ModelInfo& info, const Recipe& recipe) {
  std::vector<model::OrganEnds> kept;
  for (const model::OrganEnds& e : info.organ_ends)
    if (!is_learnt(recipe, e.organ)) kept.push_back(e);
  return kept;
}

AdaptedInfo adapted_info(const Parent& parent, const LocalCases& local, const Recipe& recipe,
                         const OrganTable& table, const Round& round, const CalibrationResult& calibration) {
  const Change change{recipe, round, calibration};
  AdaptedInfo out{parent.model.info, {}};
  model::ModelInfo& info = out.info;
  if (!info.name.ends_with("-adapted")) info.name += "-adapted";
  info.organs = table;
  info.code_version = version();
  info.training_data +=
      "; adapted on " + std::to_string(local.scans) + " scans of a clinic:" + words_of(change);
  if (!local.attribution.empty() && info.attribution.find(local.attribution) == std::string::npos)
    info.attribution += "; " + local.attribution;
  take_evidence(local, change, info);
  take_shape_priors(change, out);
  take_calibration(parent, change, out);
  take_engines(change, out);

  nlohmann::ordered_json dice = nlohmann::ordered_json::object();
  for (const Round* in : {&calibration.round, &round})
    for (const OrganOutcome& o : in->outcomes)
      if (o.pairs > 0) dice[o.organ] = o.after;
  info.metrics = json_text(nlohmann::ordered_json{{"validation_dice", dice}});
  nlohmann::ordered_json options{{"seed", recipe.seed}};
  if (!recipe.learnt.empty()) {
    options["steps"] = recipe.steps;
    options["keep"] = recipe.keep;
    options["held_layers"] = held_layers(info.architecture);
  }
  nlohmann::ordered_json lineage{
      {"parent", {{"id", parent.model.id}, {"sha256", parent.sha256}}},
      {"data", {{"sha256", local.sha256}, {"cases", local.cases.size()}, {"scans", local.scans}}},
      {"options", options},
      {"organs", organs_of(change)},
      {"program", version()}};
  if (!parent.model.info.lineage.empty())
    lineage["parent"]["lineage"] = nlohmann::ordered_json::parse(parent.model.info.lineage);
  info.lineage = json_text(lineage);
  return out;
}

}  // namespace anatomynet::adaptation

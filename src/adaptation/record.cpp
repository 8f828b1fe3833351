#include "adaptation/record.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/csv.h"
#include "core/version.h"

namespace anatomynet::adaptation {
namespace {

using json = nlohmann::ordered_json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json outcomes_json(const std::vector<OrganOutcome>& outcomes) {
  json list = json::array();
  for (const OrganOutcome& o : outcomes)
    list.push_back({{"organ", o.organ},
                    {"learnt", o.learnt},
                    {"new", o.fresh},
                    {"gained", o.gained},
                    {"lost", o.lost},
                    {"cases", o.pairs},
                    {"before", o.pairs ? number(o.before) : json(nullptr)},
                    {"after", o.pairs ? number(o.after) : json(nullptr)},
                    {"difference", o.pairs ? number(o.difference) : json(nullptr)},
                    {"interval", o.pairs ? json{number(o.low), number(o.high)} : json{nullptr, nullptr}},
                    {"p", number(o.p)},
                    {"p_holm", number(o.p_holm)},
                    {"agreement", o.agreement ? json(*o.agreement) : json(nullptr)},
                    {"agreement_cases", o.agreement_cases},
                    {"why", o.why}});
  return list;
}

json cases_json(const std::vector<HeldOutCase>& cases) {
  json list = json::array();
  for (const HeldOutCase& c : cases) list.push_back(to_json(c));
  return list;
}

// Null where no organ can be calibrated.
json calibration_json(const CalibrationResult& calibration) {
  if (calibration.trials.empty()) return nullptr;
  json organs = json::object(), trials = json::array();
  for (const auto& [organ, takes] : calibration.choice) {
    json entry{{"takes", text_of(takes)}};
    for (const model::OrganHuCurve& c : calibration.of_all.hu_curves)
      if (takes.curve && c.organ == organ)
        entry["hu_curve"] = {{"hu", c.curve.hu}, {"logits", c.curve.logits}};
    for (const model::Refinement& r : calibration.of_all.refinements)
      for (const model::Refinement::Seen& seen : r.organs)
        if (takes.curve && seen.organ == organ)
          entry["hu_curve"] = {{"hu", seen.curve.hu}, {"logits", seen.curve.logits}};
    for (const model::OrganEnds& e : calibration.of_all.organ_ends)
      if (takes.ends && e.organ == organ)
        entry["ends"] = {{"upper_mm", e.upper_mm}, {"lower_mm", e.lower_mm}};
    organs[organ] = entry;
  }
  for (const CalibrationTrial& t : calibration.trials)
    trials.push_back({{"what", t.what}, {"organs", outcomes_json(t.outcomes)}});
  return {{"chosen", organs},
          {"organs", outcomes_json(calibration.round.outcomes)},
          {"cases", cases_json(calibration.round.cases)},
          {"trials", trials}};
}

json rules_json(const Rules& r) {
  return {{"least_cases", r.least_pairs},
          {"least_gain", r.least_gain},
          {"least_dice_of_new", r.least_new},
          {"most_loss", r.most_loss},
          {"least_agreement", r.least_agreement}};
}

std::string cell(const std::optional<double>& value) { return value ? csv_number(*value) : ""; }

void add_lines(const char* set, const std::vector<HeldOutCase>& cases, std::string& text) {
  for (const HeldOutCase& c : cases)
    for (const HeldOutOrgan& o : c.organs)
      text += csv_line({set, c.id, o.organ, cell(o.before.dice), cell(o.after.dice), cell(o.before.hd95_mm),
                        cell(o.after.hd95_mm), cell(o.before.mean_surface_mm), cell(o.after.mean_surface_mm),
                        cell(o.agreement)});
}

}  // namespace

std::vector<std::string> offered_organs(const Result& result) {
  std::vector<std::string> organs = result.learnt;
  for (const auto& [organ, takes] : result.calibration.choice)
    if (std::find(organs.begin(), organs.end(), organ) == organs.end()) organs.push_back(organ);
  return organs;
}

json record_of(const Result& result, const Recipe& recipe) {
  json rounds = json::array();
  for (const Round& round : result.rounds)
    rounds.push_back({{"learnt", round.learnt},
                      {"keep", round.keep},
                      {"organs", outcomes_json(round.outcomes)},
                      {"cases", cases_json(round.cases)}});
  const bool offered = !result.adapted_id.empty();
  json record{{"program", std::string("anatomynet ") + version()},
              {"notice", "Not a medical device. Every contour must be reviewed."},
              {"parent",
               {{"id", result.parent->model.id},
                {"sha256", result.parent->sha256},
                {"training_data", result.parent->model.info.training_data},
                {"phantom_only", result.parent->model.info.phantom_only}}},
              {"data",
               {{"description", result.local->description},
                {"sha256", result.local->sha256},
                {"cases", result.local->cases.size()},
                {"scans", result.local->scans}}},
              {"options",
               {{"steps", recipe.steps},
                {"seed", recipe.seed},
                {"held_layers", held_layers(result.parent->model.info.architecture)}}},
              {"rules", rules_json(result.rules)},
              {"calibration", calibration_json(result.calibration)},
              {"rounds", rounds},
              {"offered", offered_organs(result)},
              {"learnt", result.learnt},
              {"adapted", nullptr},
              {"notes", result.notes},
              {"check", nullptr}};
  if (offered)
    record["adapted"] = {
        {"file", "adapted.safetensors"}, {"id", result.adapted_id}, {"sha256", result.adapted_sha256}};
  if (!result.checked.empty())
    record["check"] = {{"organs", outcomes_json(result.check)}, {"cases", cases_json(result.checked)}};
  return record;
}

std::string cases_csv(const Result& result) {
  std::string text =
      csv_line({"set", "case", "organ", "dice_before", "dice_after", "hd95_mm_before", "hd95_mm_after",
                "mean_surface_mm_before", "mean_surface_mm_after", "dice_of_before_with_after"});
  add_lines("calibration", result.calibration.round.cases, text);
  if (!result.rounds.empty()) add_lines("held out", result.rounds.back().cases, text);
  add_lines("check", result.checked, text);
  return text;
}

}  // namespace anatomynet::adaptation

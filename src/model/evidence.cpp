#include "model/evidence.h"

#include <cstdio>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::model {
namespace {

using nlohmann::json;
constexpr int few_scans = 10;
constexpr double low_dice = 0.6;

std::string scans_text(int count) { return std::to_string(count) + (count == 1 ? " scan" : " scans"); }

std::string two_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

bool is_dice(double value) { return value >= 0 && value <= 1; }

}  // namespace

bool OrganEvidence::is_weak() const { return training_scans < few_scans || !(dice >= low_dice); }

std::string OrganEvidence::text() const {
  std::string line = "learnt from " + scans_text(training_scans) + "; ";
  if (scans == 0) return line + "not measured";
  line += "Dice " + two_digits(dice) + " against " + (against == "clinic" ? "clinical contours" : against) +
          " on " + scans_text(scans);
  if (between_experts) line += " (experts among themselves " + two_digits(*between_experts) + ")";
  return line;
}

json evidence_to_json(const std::vector<OrganEvidence>& evidence) {
  json list = json::array();
  for (const OrganEvidence& e : evidence) {
    list.push_back({{"organ", e.organ},
                    {"training_scans", e.training_scans},
                    {"scans", e.scans},
                    {"dice", e.dice},
                    {"against", e.against}});
    if (e.between_experts) list.back()["between_experts"] = *e.between_experts;
  }
  return list;
}

std::vector<OrganEvidence> evidence_from_json(const json& list) {
  std::vector<OrganEvidence> evidence;
  for (const json& j : list.get<std::vector<json>>()) {
    OrganEvidence e;
    e.organ = j.at("organ").get<std::string>();
    e.training_scans = j.at("training_scans").get<int>();
    e.scans = j.at("scans").get<int>();
    e.dice = j.at("dice").get<double>();
    e.against = j.at("against").get<std::string>();
    if (j.contains("between_experts")) e.between_experts = j.at("between_experts").get<double>();
    evidence.push_back(std::move(e));
  }
  return evidence;
}

void check_evidence(const std::vector<OrganEvidence>& evidence, const OrganTable& organs,
                    const std::string& what) {
  std::set<std::string> seen;
  for (const OrganEvidence& e : evidence) {
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::model,
                  what + ": its evidence of organ '" + clean_text(e.organ, longest_value) + "' " + why);
    };
    const Organ* organ = find_organ(organs, e.organ);
    if (!organ || organ->name != e.organ) fail("is of none of its organs by their TG-263 names");
    if (!seen.insert(e.organ).second) fail("is there twice");
    if (e.training_scans < 0 || e.scans < 0) fail("has a negative count");
    if (!is_dice(e.dice) || !is_dice(e.between_experts.value_or(0)))
      fail("has a Dice that is not within 0 to 1");
    if (e.against != "experts" && e.against != "clinic") fail("is against neither 'experts' nor 'clinic'");
  }
}

const OrganEvidence* find_evidence(const std::vector<OrganEvidence>& evidence, const std::string& organ) {
  for (const OrganEvidence& e : evidence)
    if (e.organ == organ) return &e;
  return nullptr;
}

}  // namespace anatomynet::model

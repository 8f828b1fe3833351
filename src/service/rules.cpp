#include "service/rules.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/text.h"

namespace anatomynet::service {
namespace {

struct Condition {
  bool holds = false;
  std::string text;
};

std::string number(double value) {
  char text[48];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string value_of(const SeriesFacts& facts, const std::string& keyword) {
  if (keyword == "CallingAE") return facts.calling_ae;
  if (keyword == "CalledAE") return facts.called_ae;
  const auto it = facts.tags.find(keyword);
  return it == facts.tags.end() ? "" : it->second;
}

Condition condition_of(const TagMatch& match, const SeriesFacts& facts) {
  const std::string value = value_of(facts, match.keyword);
  Condition out{match.fits(value), match.text()};
  const auto keys = match_keys();
  const auto key =
      std::find_if(keys.begin(), keys.end(), [&](const MatchKey& k) { return k.keyword == match.keyword; });
  if (value.find_first_not_of(' ') == std::string::npos)
    out.text += ", it has none";
  else if (key != keys.end() && key->coded)
    out.text += ", it is " + clean_text(value, longest_value);
  else
    out.text += out.holds ? ", it fits" : ", it does not fit";
  return out;
}

Condition condition_of(const char* key, const char* unit, const Bounds& bounds, double value) {
  std::string range;
  if (std::isfinite(bounds.min)) range = "at least " + number(bounds.min);
  if (std::isfinite(bounds.max)) range += (range.empty() ? "at most " : ", at most ") + number(bounds.max);
  return {bounds.hold(value), std::string(key) + " " + range + unit + ", it has " + number(value)};
}

std::vector<Condition> conditions(const Rule& rule, const SeriesFacts& facts) {
  std::vector<Condition> out;
  for (const TagMatch& match : rule.match) out.push_back(condition_of(match, facts));
  if (rule.slices.given()) out.push_back(condition_of("slices", "", rule.slices, double(facts.slices)));
  if (rule.field_mm.given()) out.push_back(condition_of("field", " mm", rule.field_mm, facts.field_mm));
  return out;
}

bool takes(const Rule& rule, const SeriesFacts& facts) {
  const auto fits = [&](const TagMatch& match) { return match.fits(value_of(facts, match.keyword)); };
  return std::all_of(rule.match.begin(), rule.match.end(), fits) &&
         (!rule.slices.given() || rule.slices.hold(double(facts.slices))) &&
         (!rule.field_mm.given() || rule.field_mm.hold(facts.field_mm));
}

}  // namespace

bool Bounds::given() const { return std::isfinite(min) || std::isfinite(max); }

const Rule* choose(const std::vector<Rule>& rules, const SeriesFacts& facts) {
  const auto it = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return takes(r, facts); });
  return it == rules.end() ? nullptr : &*it;
}

std::vector<Explanation> explain(const std::vector<Rule>& rules, const SeriesFacts& facts) {
  std::vector<Explanation> out;
  for (const Rule& rule : rules) {
    Explanation explanation{&rule, takes(rule, facts), {}};
    for (const Condition& condition : conditions(rule, facts))
      if (condition.holds == explanation.takes) explanation.reasons.push_back(condition.text);
    if (rule.takes_all()) explanation.reasons.emplace_back("it takes every series");
    out.push_back(std::move(explanation));
  }
  return out;
}

}  // namespace anatomynet::service

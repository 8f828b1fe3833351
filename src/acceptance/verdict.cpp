#include "acceptance/verdict.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

#include "quality/reference.h"

namespace anatomynet::acceptance {
namespace {

template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[240];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

using Values = std::map<int, std::vector<double>>;  // by patient

std::vector<double> flat(const Values& values) {
  std::vector<double> all;
  for (const auto& [patient, some] : values) all.insert(all.end(), some.begin(), some.end());
  return all;
}

double statistic_of(const std::string& name, const std::vector<double>& values) {
  const evaluation::Summary summary = evaluation::summarise(values);
  return name == "median" ? summary.median : summary.mean;
}

// Patients are drawn, with all that they have: two scans of one patient say less than two patients.
evaluation::Interval interval_of(const Values& values, const std::string& statistic) {
  std::vector<const std::vector<double>*> patients;
  for (const auto& [patient, some] : values) patients.push_back(&some);
  return evaluation::bootstrap(
      patients.size(),
      [&](const std::vector<std::size_t>& drawn) {
        std::vector<double> all;
        for (const std::size_t i : drawn) all.insert(all.end(), patients[i]->begin(), patients[i]->end());
        return statistic_of(statistic, all);
      },
      0.95, 4000);
}

struct Judged {
  const ComparedCase* in;
  const ComparedOrgan* organ;
};

using Figure = std::function<std::optional<double>(const Judged&)>;

Values values_of(const std::vector<Judged>& rows, const Figure& figure) {
  Values values;
  for (const Judged& row : rows)
    if (const auto value = figure(row); value && std::isfinite(*value))
      values[row.in->patient].push_back(*value);
  return values;
}

JudgedLevel judged(const Level& level, const std::vector<Judged>& rows) {
  const evaluation::Metric& metric = evaluation::metric(level.figure);
  const Values values = values_of(rows, [&](const Judged& row) { return metric.of(row.organ->metrics); });
  JudgedLevel out{level};
  const std::vector<double> all = flat(values);
  out.cases = all.size();
  out.value = statistic_of(level.statistic, all);
  out.interval = interval_of(values, level.statistic);
  const auto at_least = [&](double value, double bound) { return metric.better * (value - bound) >= 0; };
  const double worse_end = metric.better > 0 ? out.interval.low : out.interval.high;
  using State = JudgedLevel::State;
  out.state = !at_least(out.value, level.care)  ? State::refused
              : !at_least(out.value, level.use) ? State::missed
              : !at_least(worse_end, level.use) ? State::unsure
                                                : State::met;
  return out;
}

Systematic systematic(const char* key, const char* label, const char* unit, std::optional<double> tolerance,
                      const Values& values) {
  Systematic out{key, label, unit};
  const std::vector<double> all = flat(values);
  out.cases = all.size();
  out.mean = statistic_of("mean", all);
  out.interval = interval_of(values, "mean");
  out.tolerance = tolerance;
  return out;
}

std::vector<Systematic> all_systematic(const std::vector<Judged>& rows, const Criteria& criteria) {
  std::vector<Systematic> out;
  const auto add = [&](const char* key, const char* label, const char* unit, std::optional<double> tolerance,
                       const Figure& figure) {
    const Values values = values_of(rows, figure);
    if (!values.empty()) out.push_back(systematic(key, label, unit, tolerance, values));
  };
  const double end = criteria.rule("end_mm"), shift = criteria.rule("shift_mm");
  add("above_mm", "reaches above the clinic's upper end by", "mm", end,
      [](auto& r) { return r.organ->above_mm; });
  add("below_mm", "reaches below the clinic's lower end by", "mm", end,
      [](auto& r) { return r.organ->below_mm; });
  add("volume_percent", "is larger by", "%", criteria.rule("volume_percent"),
      [](auto& r) { return r.organ->metrics.volume_percent; });
  const auto offset = [](int axis) {
    return [axis](const Judged& r) -> std::optional<double> {
      const auto& by = r.organ->metrics.centroid_offset_lps_mm;
      return by ? std::optional((*by)[static_cast<std::size_t>(axis)]) : std::nullopt;
    };
  };
  add("left_mm", "lies further left by", "mm", shift, offset(0));
  add("back_mm", "lies further back by", "mm", shift, offset(1));
  add("up_mm", "lies higher by", "mm", shift, offset(2));
  add("side_dice", "Dice less that of the other side", "", std::nullopt,
      [](const Judged& r) -> std::optional<double> {
        const std::string twin = quality::other_side(r.organ->organ);
        for (const ComparedOrgan& other : r.in->organs)
          if (twin != r.organ->organ && other.organ == twin && other.left_out.empty() && other.metrics.dice &&
              r.organ->metrics.dice)
            return *r.organ->metrics.dice - *other.metrics.dice;
        return {};
      });
  return out;
}

class OrganJudge {
 public:
  OrganJudge(const Criteria& criteria, OrganVerdict& out) : criteria_(criteria), out_(out) {}

  void decide() {
    if (out_.cases > 0)
      look_at_all();
    else
      refuse(out_.left_out > 0 ? "no case is left in which it can be judged"
                               : "it was not tested: the cohort has no contour of it");
    std::stable_partition(reasons_.begin(), reasons_.end(),
                          [](auto& reason) { return reason.first == Verdict::refuse; });
    out_.verdict = reasons_.empty() ? Verdict::use : reasons_.front().first;
    for (const auto& [verdict, text] : reasons_) out_.reasons.push_back(text);
  }

 private:
  void look_at_all() {
    if (double(out_.patients) < criteria_.rule("fewest_patients"))
      refuse(counted(out_.patients, "patient") + " cannot show anything");
    for (const JudgedLevel& level : out_.levels) look_at(level);
    look_at_failures();
    if (double(out_.patients) < criteria_.rule("least_patients"))
      care(counted(out_.patients, "patient") +
           printed(" are fewer than the %.0f that are asked for", criteria_.rule("least_patients")));
    for (const Systematic& s : out_.systematic)
      if (s.beyond())
        care("on average it " + s.label +
             printed(" %.1f %s (interval %.1f to %.1f)", s.mean, s.unit.c_str(), s.interval.low,
                     s.interval.high));
    look_at_evidence();
  }

  static std::string counted(std::size_t n, const char* what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  }
  void care(const std::string& why) { reasons_.emplace_back(Verdict::care, why); }
  void refuse(const std::string& why) { reasons_.emplace_back(Verdict::refuse, why); }

  void look_at(const JudgedLevel& level) {
    const evaluation::Metric& metric = evaluation::metric(level.level.figure);
    const std::string value = printed("its %s %s is %.*f", level.level.statistic.c_str(), metric.label,
                                      metric.decimals, level.value);
    const auto bound = [&](double at) {
      return printed("%s %.*f", metric.better > 0 ? "at least" : "at most", metric.decimals, at);
    };
    if (level.state == JudgedLevel::State::refused) refuse(value + ", asked is " + bound(level.level.care));
    if (level.state == JudgedLevel::State::missed)
      care(value + ", asked is " + bound(level.level.use) + " (for care " + bound(level.level.care) + ")");
    if (level.state == JudgedLevel::State::unsure)
      care(value + ", which meets " + bound(level.level.use) +
           printed(", but %zu cases do not show it (interval %.*f to %.*f)", level.cases, metric.decimals,
                   level.interval.low, metric.decimals, level.interval.high));
  }

  void look_at_failures() {
    const double share = double(out_.failed) / double(out_.cases);
    const std::string text = printed("%zu of %zu contours were not found or have a Dice below %.2f",
                                     out_.failed, out_.cases, criteria_.rule("failed_dice"));
    if (share > criteria_.rule("failed_share_refuse"))
      refuse(text);
    else if (share > criteria_.rule("failed_share_care"))
      care(text);
  }

  void look_at_evidence() {
    if (!out_.evidence) return;
    if (out_.evidence->is_weak()) care("the weights' own evidence is weak: " + out_.evidence->text());
    for (const JudgedLevel& level : out_.levels)
      if (level.level.figure == "dice" && level.level.statistic == "mean" &&
          level.value < out_.evidence->dice - criteria_.rule("below_evidence"))
        care(printed("its mean Dice of %.3f lies below the %.3f that the weights file states", level.value,
                     out_.evidence->dice));
  }

  const Criteria& criteria_;
  OrganVerdict& out_;
  std::vector<std::pair<Verdict, std::string>> reasons_;
};

OrganVerdict judge_organ(const std::string& organ, const std::vector<ComparedCase>& cases,
                         const model::ModelInfo& model, const Criteria& criteria, double pixel_mm) {
  OrganVerdict out;
  out.organ = organ;
  std::vector<Judged> rows;
  std::set<int> patients;
  for (const ComparedCase& c : cases)
    for (const ComparedOrgan& one : c.organs) {
      if (one.organ != organ || one.metrics.presence == evaluation::Presence::both_empty) continue;
      if (!one.left_out.empty()) {
        ++out.left_out;
        continue;
      }
      rows.push_back({&c, &one});
      patients.insert(c.patient);
      if (one.metrics.dice.value_or(0) < criteria.rule("failed_dice")) {
        ++out.failed;
        out.failed_cases.push_back(c.name);
      }
    }
  out.cases = rows.size();
  out.patients = patients.size();
  if (const model::OrganEvidence* evidence = model::find_evidence(model.evidence, organ))
    out.evidence = *evidence;
  if (!rows.empty()) {
    for (const Level& level : criteria.of(organ, pixel_mm)) {
      JudgedLevel one = judged(level, rows);
      if (one.cases > 0) out.levels.push_back(std::move(one));
    }
    out.systematic = all_systematic(rows, criteria);
    const auto shared = flat(values_of(rows, [](auto& r) { return r.organ->shared_dice; }));
    if (!shared.empty()) out.shared_dice = evaluation::summarise(shared).mean;
    out.sd_dice =
        evaluation::summarise(flat(values_of(rows, [](auto& r) { return r.organ->metrics.dice; }))).sd;
    out.needed = evaluation::cases_needed(criteria.rule("see_dice"), out.sd_dice);
  }
  OrganJudge(criteria, out).decide();
  return out;
}

}  // namespace

const char* words_of(Verdict verdict) {
  return verdict == Verdict::use ? "use" : verdict == Verdict::care ? "use with care" : "do not use";
}

const char* words_of(JudgedLevel::State state) {
  using State = JudgedLevel::State;
  return state == State::met      ? "met"
         : state == State::unsure ? "met, not shown"
         : state == State::missed ? "missed"
                                  : "refused";
}

bool Systematic::beyond() const {
  return tolerance && std::abs(mean) > *tolerance && (interval.low > 0 || interval.high < 0);
}

std::string OrganVerdict::sentence() const {
  std::string text = organ + ": " + words_of(verdict);
  if (verdict == Verdict::use) return text + printed(" (%zu cases of %zu patients).", cases, patients);
  for (std::size_t i = 0; i < reasons.size() && i < 3; ++i)
    text += (i == 0 ? ", because " : "; ") + reasons[i];
  return text + ".";
}

double median_pixel(const std::vector<ComparedCase>& cases) {
  std::vector<double> pixels;
  for (const ComparedCase& c : cases) pixels.push_back(std::sqrt(c.grid.spacing[0] * c.grid.spacing[1]));
  return evaluation::summarise(pixels).median;
}

std::vector<OrganVerdict> judge(const std::vector<ComparedCase>& cases, const model::ModelInfo& model,
                                const Criteria& criteria) {
  const double pixel_mm = median_pixel(cases);
  std::vector<OrganVerdict> out;
  for (const Organ& organ : model.organs)
    out.push_back(judge_organ(organ.name, cases, model, criteria, pixel_mm));
  return out;
}

}  // namespace anatomynet::acceptance

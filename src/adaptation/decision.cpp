#include "adaptation/decision.h"

#include <algorithm>
#include <cstdio>

#include "evaluation/statistics.h"

namespace anatomynet::adaptation {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string figure(double value, bool sign = false) {
  char text[32];
  std::snprintf(text, sizeof text, sign ? "%+.3f" : "%.3f", value);
  return text;
}

std::string change(const OrganOutcome& o) {
  return "Dice " + figure(o.difference, true) + " (95% interval " + figure(o.low, true) + " to " +
         figure(o.high, true) + ") on " + std::to_string(o.pairs) + " held-out cases";
}

void take_agreement(const std::vector<HeldOutCase>& cases, OrganOutcome& o) {
  double sum = 0;
  for (const HeldOutCase& c : cases)
    for (const HeldOutOrgan& organ : c.organs)
      if (organ.organ == o.organ && organ.agreement) {
        sum += *organ.agreement;
        ++o.agreement_cases;
      }
  if (o.agreement_cases > 0) o.agreement = sum / double(o.agreement_cases);
}

// The bootstrap's interval is too narrow for the few cases that a clinic has; Student's is not.
void widen_interval(const std::vector<HeldOutCase>& cases, OrganOutcome& o) {
  std::vector<double> differences;
  for (const HeldOutCase& c : cases)
    for (const HeldOutOrgan& organ : c.organs)
      if (organ.organ == o.organ && organ.compared)
        differences.push_back(*organ.after.dice - *organ.before.dice);
  if (differences.size() < 2) return;
  const evaluation::Interval student = evaluation::student_mean(differences);
  o.low = std::min(o.low, student.low);
  o.high = std::max(o.high, student.high);
}

void judge_learnt(const Rules& rules, OrganOutcome& o) {
  if (o.pairs < rules.least_pairs) {
    o.why = "only " + std::to_string(o.pairs) + " held-out cases have it, " +
            std::to_string(rules.least_pairs) + " are the least";
  } else if (o.fresh) {
    o.gained = o.after >= rules.least_new;
    o.why = "new: Dice " + figure(o.after) + " on " + std::to_string(o.pairs) + " held-out cases, " +
            figure(rules.least_new) + " is asked";
  } else {
    o.gained = o.difference >= rules.least_gain && o.low > 0;
    o.why = change(o);
    if (!o.gained)
      o.why += o.low > 0 ? "; at least " + figure(rules.least_gain, true) + " is asked"
                         : "; the interval must lie above 0";
  }
}

void judge_kept(const Rules& rules, OrganOutcome& o) {
  if (o.pairs >= rules.least_pairs) {
    o.lost = !(o.difference >= -rules.most_loss);
    o.why = "kept: " + change(o);
    if (o.lost) o.why += "; more than " + figure(rules.most_loss) + " lost";
  } else if (o.agreement) {
    o.lost = !(*o.agreement >= rules.least_agreement);
    o.why = "kept: Dice of before with after " + figure(*o.agreement) + " on " +
            std::to_string(o.agreement_cases) + " held-out cases";
    if (o.lost) o.why += "; at least " + figure(rules.least_agreement) + " is asked";
  } else {
    o.why = "kept; on no held-out case";
  }
}

}  // namespace

std::vector<OrganOutcome> judge(const std::vector<HeldOutCase>& cases, const std::vector<std::string>& learnt,
                                const std::vector<std::string>& fresh, const Rules& rules) {
  std::vector<OrganOutcome> out;
  for (const HeldOutCase& c : cases)
    for (const HeldOutOrgan& organ : c.organs)
      if (std::none_of(out.begin(), out.end(), [&](const auto& o) { return o.organ == organ.organ; })) {
        OrganOutcome o;
        o.organ = organ.organ;
        o.learnt = holds(learnt, o.organ);
        o.fresh = holds(fresh, o.organ);
        take_agreement(cases, o);
        out.push_back(std::move(o));
      }
  for (const evaluation::PairedFigure& f :
       evaluation::compare(evaluation_of(cases, true), evaluation_of(cases, false), {"dice"}))
    for (OrganOutcome& o : out)
      if (o.organ == f.organ) {
        o.pairs = f.pairs;
        o.before = f.mean_other;
        o.after = f.mean;
        o.difference = f.difference;
        o.low = f.interval.low;
        o.high = f.interval.high;
        o.p = f.test.p;
        o.p_holm = f.p_holm;
        widen_interval(cases, o);
      }
  for (OrganOutcome& o : out) o.learnt ? judge_learnt(rules, o) : judge_kept(rules, o);
  return out;
}

Next next_after(const std::vector<OrganOutcome>& outcomes) {
  bool any = false, all = true, lost = false;
  for (const OrganOutcome& o : outcomes) {
    lost = lost || o.lost;
    if (!o.learnt) continue;
    any = any || o.gained;
    all = all && o.gained;
  }
  if (!any) return Next::nothing;
  if (!all) return Next::fewer;
  return lost ? Next::hold_firmer : Next::offer;
}

std::vector<std::string> gained(const std::vector<OrganOutcome>& outcomes) {
  std::vector<std::string> names;
  for (const OrganOutcome& o : outcomes)
    if (o.gained) names.push_back(o.organ);
  return names;
}

}  // namespace anatomynet::adaptation

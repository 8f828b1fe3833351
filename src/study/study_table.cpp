#include "study/study_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <set>

#include "core/error.h"
#include "core/known_organs.h"
#include "core/organs.h"
#include "evaluation/statistics.h"

namespace anatomynet::study {
namespace {

using Runs = std::vector<const RunRecord*>;

// Mean over the runs that have the case.
ScoresByCase over_seeds(const Runs& runs, ScoresByCase RunRecord::*scores) {
  ScoresByCase sum, count;
  for (const RunRecord* run : runs)
    for (const auto& [organ, cases] : run->*scores)
      for (const auto& [id, value] : cases) {
        sum[organ][id] += value;
        ++count[organ][id];
      }
  for (auto& [organ, cases] : sum)
    for (auto& [id, value] : cases) value /= count[organ][id];
  return sum;
}

std::vector<std::string> cases_of(const ScoresByCase& scores) {
  std::set<std::string> ids;
  for (const auto& [organ, cases] : scores)
    for (const auto& [id, value] : cases) ids.insert(id);
  return {ids.begin(), ids.end()};
}

// Mean of the organs' means over cases drawn `times` times each.
double mean_of_organs(const ScoresByCase& scores, const std::map<std::string, int>& times) {
  double means = 0;
  int organs = 0;
  for (const auto& [organ, cases] : scores) {
    double sum = 0, count = 0;
    for (const auto& [id, value] : cases) {
      const auto it = times.find(id);
      if (it == times.end()) continue;
      sum += it->second * value;
      count += it->second;
    }
    if (count == 0) continue;
    means += sum / count;
    ++organs;
  }
  return means / organs;
}

std::map<std::string, int> once_each(const std::vector<std::string>& ids) {
  std::map<std::string, int> times;
  for (const std::string& id : ids) times[id] = 1;
  return times;
}

template <class Statistic>
evaluation::Interval over_cases(const std::vector<std::string>& ids, Statistic statistic) {
  return evaluation::bootstrap(ids.size(), [&](const std::vector<std::size_t>& drawn) {
    std::map<std::string, int> times;
    for (const std::size_t i : drawn) ++times[ids[i]];
    return statistic(times);
  });
}

// What each case adds to the difference of the means over organs: the same figure that the interval is of. A
// mean over a case's own organs would let the organs that few cases have count for less there.
std::vector<double> case_differences(const ScoresByCase& ours, const ScoresByCase& other) {
  std::map<std::string, double> sums;
  for (const auto& [organ, cases] : ours) {
    const auto same = other.find(organ);
    if (same == other.end()) continue;
    std::vector<std::pair<std::string, double>> differences;
    for (const auto& [id, value] : cases)
      if (const auto it = same->second.find(id); it != same->second.end())
        differences.emplace_back(id, value - it->second);
    for (const auto& [id, difference] : differences) sums[id] += difference / double(differences.size());
  }
  std::vector<double> out;
  for (const auto& [id, sum] : sums) out.push_back(sum);
  return out;
}

template <class... Values>
std::string print(const char* format, Values... values) {
  char text[300];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string between(const evaluation::Interval& i, const char* format) {
  return print(format, i.low) + " to " + print(format, i.high);
}

// A variant beside the reference: the runs of the seeds that both have, so that a lucky seed is on both sides
// or on none.
struct Comparison {
  ScoresByCase ours, reference;
  double p = std::nan("");
  bool made() const { return !ours.empty(); }
};

struct Row {
  const TableRow* asked = nullptr;
  Runs runs;
  ScoresByCase dice, hd95;
  Comparison against;
};

Runs of_same_seeds(const Runs& runs, const Runs& others) {
  Runs out;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(out), [&](const RunRecord* run) {
    return std::any_of(others.begin(), others.end(),
                       [&](const RunRecord* other) { return other->seed == run->seed; });
  });
  return out;
}

Comparison compared(const Row& row, const Row& reference) {
  Comparison out;
  if (&row == &reference) return out;
  out.ours = over_seeds(of_same_seeds(row.runs, reference.runs), &RunRecord::held_out_dice);
  out.reference = over_seeds(of_same_seeds(reference.runs, row.runs), &RunRecord::held_out_dice);
  if (out.made()) out.p = evaluation::wilcoxon_signed_rank(case_differences(out.ours, out.reference)).p;
  return out;
}

std::vector<std::string> organ_names(const std::vector<Row>& rows) {
  std::set<std::string> present;
  for (const Row& row : rows)
    for (const auto& [organ, cases] : row.dice) present.insert(organ);
  std::vector<std::string> out;
  for (const Organ& organ : known_organs())
    if (present.erase(organ.name)) out.push_back(organ.name);
  out.insert(out.end(), present.begin(), present.end());
  return out;
}

std::string seeds_text(const Row& row) {
  std::vector<double> means;
  for (const RunRecord* run : row.runs)
    means.push_back(mean_of_organs(run->held_out_dice, once_each(cases_of(run->held_out_dice))));
  const evaluation::Summary s = evaluation::summarise(means);
  return s.count < 2 ? "one seed" : print("%.3f to %.3f", s.low, s.high);
}

std::string main_row(const Row& row, double p) {
  std::string text = "| " + row.asked->group + " | " + row.asked->variant + " | ";
  if (row.runs.empty()) return text + "not run | | | | | | | | |\n";
  const auto ids = cases_of(row.dice);
  double validation = 0, seconds = 0;
  for (const RunRecord* run : row.runs) {
    validation += run->validation_dice / double(row.runs.size());
    seconds += run->seconds / double(row.runs.size());
  }
  text += print("%lld | %zu of %zu | %.3f | %.3f (", (long long)row.runs.front()->parameters, row.runs.size(),
                row.asked->seeds.size(), validation, mean_of_organs(row.dice, once_each(ids)));
  text +=
      between(over_cases(ids, [&](const auto& times) { return mean_of_organs(row.dice, times); }), "%.3f");
  text += ") | " + seeds_text(row) + " | ";
  text += row.hd95.empty() ? "-" : print("%.1f", mean_of_organs(row.hd95, once_each(cases_of(row.hd95))));
  text += " | ";
  if (const Comparison& c = row.against; !c.made()) {
    text += "- | - |";
  } else {
    const auto difference = [&](const auto& times) {
      return mean_of_organs(c.ours, times) - mean_of_organs(c.reference, times);
    };
    text += print("%+.3f (", difference(once_each(ids))) + between(over_cases(ids, difference), "%+.3f") +
            ") | " + (p < 1e-4 ? "< 0.0001" : print("%.4f", p)) + " |";
  }
  return text + print(" %.1f |\n", seconds / 60);
}

std::string organ_table(const std::vector<Row>& rows) {
  const auto organs = organ_names(rows);
  std::string text = "\n| variant |", line = "|---|";
  for (const std::string& organ : organs) {
    text += " " + organ + " |";
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (const Row& row : rows) {
    if (row.runs.empty()) continue;
    text += "| " + row.asked->variant + " |";
    for (const std::string& organ : organs) {
      const auto it = row.dice.find(organ);
      std::vector<double> values;
      if (it != row.dice.end())
        for (const auto& [id, value] : it->second) values.push_back(value);
      text +=
          values.empty() ? " - |" : print(" %.3f (%zu) |", evaluation::summarise(values).mean, values.size());
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string study_table(const std::vector<TableRow>& asked, const std::string& reference,
                        const std::vector<RunRecord>& records) {
  std::vector<Row> rows;
  for (const TableRow& row : asked) {
    Row out;
    out.asked = &row;
    for (const RunRecord& record : records)
      if (record.variant == row.variant &&
          std::find(row.seeds.begin(), row.seeds.end(), record.seed) != row.seeds.end())
        out.runs.push_back(&record);
    out.dice = over_seeds(out.runs, &RunRecord::held_out_dice);
    out.hd95 = over_seeds(out.runs, &RunRecord::held_out_hd95_mm);
    rows.push_back(std::move(out));
  }
  const Row* base = nullptr;
  for (const Row& row : rows)
    if (row.asked->variant == reference) base = &row;
  std::vector<double> p;
  for (Row& row : rows) {
    if (base) row.against = compared(row, *base);
    p.push_back(row.against.p);
  }
  const std::vector<double> adjusted = evaluation::holm(p);
  std::string text =
      "| group | variant | weights | runs | validation Dice | held-out Dice (95% interval) | over seeds | "
      "HD95 mm | against " +
      reference + ", same seeds (95% interval) | p (Holm) | minutes a run |\n" +
      "|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < rows.size(); ++i) text += main_row(rows[i], adjusted[i]);
  bool any = false;
  for (const Row& row : rows) any = any || !row.runs.empty();
  return any ? text + "\nHeld-out Dice by organ (cases):\n" + organ_table(rows) : text;
}

std::string with_table(const std::string& page, const std::string& name, const std::string& table) {
  const std::string start = "<!-- study " + name + " -->\n", end = "<!-- end of study -->";
  const auto from = page.find(start);
  const auto to = from == std::string::npos ? from : page.find(end, from);
  if (to == std::string::npos)
    throw Error(ErrorKind::input, "the page has no lines '<!-- study " + name + " -->' and '" + end +
                                      "' between which the table could go");
  return page.substr(0, from + start.size()) + table + page.substr(to);
}

}  // namespace anatomynet::study

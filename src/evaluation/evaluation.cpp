#include "evaluation/evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/known_organs.h"

namespace anatomynet::evaluation {
namespace {

using State = EvaluationRow::State;

// Higher is worse.
double badness(const Metric& metric, double value) {
  return metric.better == 0 ? std::abs(value) : -metric.better * value;
}

Figure figure_of(const std::vector<const EvaluationRow*>& rows, const Metric& metric) {
  Figure figure;
  std::vector<double> values;
  double worst = 0;
  for (const EvaluationRow* row : rows) {
    const auto value = metric.of(row->metrics);
    if (!value) continue;
    values.push_back(*value);
    if (values.size() == 1 || badness(metric, *value) > worst) {
      worst = badness(metric, *value);
      figure.worst_case = row->case_id;
    }
  }
  figure.summary = summarise(values);
  return figure;
}

OrganSummary summary_of(const std::string& organ, const std::vector<EvaluationRow>& rows) {
  OrganSummary out;
  out.organ = organ;
  std::vector<const EvaluationRow*> measured;
  for (const EvaluationRow& row : rows) {
    if (row.organ != organ) continue;
    if (row.state == State::missing_in_prediction) out.missing_in_prediction.push_back(row.case_id);
    if (row.state == State::missing_in_truth) out.missing_in_truth.push_back(row.case_id);
    if (row.state != State::measured) continue;
    out.prediction_empty += row.metrics.presence == Presence::prediction_empty;
    out.truth_empty += row.metrics.presence == Presence::truth_empty;
    out.both_empty += row.metrics.presence == Presence::both_empty;
    if (row.metrics.presence != Presence::both_empty) measured.push_back(&row);
  }
  out.measured = measured.size();
  for (const Metric& metric : metrics()) out.figures.push_back(figure_of(measured, metric));
  return out;
}

using Values = std::map<std::string, double>;  // by case

Values values_of(const Evaluation& evaluation, const std::string& organ, const Metric& metric) {
  Values out;
  for (const EvaluationRow& row : evaluation.rows)
    if (row.organ == organ && row.state == State::measured)
      if (const auto value = metric.of(row.metrics)) out[row.case_id] = *value;
  return out;
}

PairedFigure paired(const Values& ours, const Values& other, std::uint64_t seed) {
  PairedFigure out;
  std::vector<double> differences;
  for (const auto& [id, value] : ours) {
    const auto it = other.find(id);
    if (it == other.end()) continue;
    differences.push_back(value - it->second);
    out.mean += value;
    out.mean_other += it->second;
  }
  out.pairs = differences.size();
  out.left_out = ours.size() + other.size() - 2 * out.pairs;
  if (out.pairs == 0) return out;
  const auto n = double(out.pairs);
  out.mean /= n;
  out.mean_other /= n;
  out.difference = summarise(differences).mean;
  out.interval = bootstrap_mean(differences, 0.95, 10000, seed);
  out.test = wilcoxon_signed_rank(differences);
  return out;
}

}  // namespace

std::vector<std::string> organs_of(const std::vector<EvaluationRow>& rows) {
  std::set<std::string> names;
  for (const EvaluationRow& row : rows) names.insert(row.organ);
  std::vector<std::string> out;
  for (const Organ& organ : known_organs())
    if (names.erase(organ.name)) out.push_back(organ.name);
  out.insert(out.end(), names.begin(), names.end());
  return out;
}

std::vector<OrganSummary> summarise(const Evaluation& evaluation) {
  std::vector<OrganSummary> out;
  for (const std::string& organ : organs_of(evaluation.rows))
    out.push_back(summary_of(organ, evaluation.rows));
  return out;
}

std::vector<PairedFigure> compare(const Evaluation& ours, const Evaluation& other,
                                  const std::vector<std::string>& keys, std::uint64_t seed) {
  std::vector<PairedFigure> out;
  for (const std::string& key : keys) {
    const Metric& m = metric(key);
    std::vector<PairedFigure> family;
    for (const std::string& organ : organs_of(ours.rows)) {
      PairedFigure figure = paired(values_of(ours, organ, m), values_of(other, organ, m), seed);
      if (figure.pairs == 0) continue;
      figure.organ = organ;
      figure.metric = &m;
      family.push_back(figure);
    }
    std::vector<double> p;
    for (const PairedFigure& figure : family) p.push_back(figure.test.p);
    const std::vector<double> adjusted = holm(p);
    for (std::size_t i = 0; i < family.size(); ++i) family[i].p_holm = adjusted[i];
    out.insert(out.end(), family.begin(), family.end());
  }
  return out;
}

}  // namespace anatomynet::evaluation

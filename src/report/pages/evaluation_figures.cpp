#include "report/pages/evaluation_figures.h"

#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/csv.h"
#include "core/version.h"
#include "evaluation/published.h"

namespace anatomynet::report {
namespace {

using nlohmann::ordered_json;

ordered_json number(double value) { return std::isfinite(value) ? ordered_json(value) : ordered_json(); }
ordered_json number(const std::optional<double>& value) { return value ? number(*value) : ordered_json(); }

ordered_json figure_json(const evaluation::Figure& figure) {
  const evaluation::Summary& s = figure.summary;
  return {{"cases", s.count},
          {"mean", number(s.mean)},
          {"sd", number(s.sd)},
          {"median", number(s.median)},
          {"lower_quartile", number(s.lower_quartile)},
          {"upper_quartile", number(s.upper_quartile)},
          {"low", number(s.low)},
          {"high", number(s.high)},
          {"worst_case", figure.worst_case}};
}

ordered_json organ_json(const evaluation::OrganSummary& summary) {
  ordered_json out{{"name", summary.organ},
                   {"measured", summary.measured},
                   {"prediction_empty", summary.prediction_empty},
                   {"truth_empty", summary.truth_empty},
                   {"both_empty", summary.both_empty},
                   {"missing_in_prediction", summary.missing_in_prediction},
                   {"missing_in_truth", summary.missing_in_truth}};
  for (std::size_t k = 0; k < evaluation::metrics().size(); ++k)
    out[evaluation::metrics()[k].key] = figure_json(summary.figures[k]);
  return out;
}

const char* state_of(const evaluation::EvaluationRow& row) {
  if (row.state == evaluation::EvaluationRow::State::missing_in_prediction) return "missing in prediction";
  if (row.state == evaluation::EvaluationRow::State::missing_in_truth) return "missing in truth";
  switch (row.metrics.presence) {
    case evaluation::Presence::prediction_empty:
      return "prediction empty";
    case evaluation::Presence::truth_empty:
      return "truth empty";
    case evaluation::Presence::both_empty:
      return "both empty";
    case evaluation::Presence::both:
      break;
  }
  return "measured";
}

bool measured(const evaluation::EvaluationRow& row) {
  return row.state == evaluation::EvaluationRow::State::measured;
}

ordered_json row_json(const evaluation::EvaluationRow& row) {
  ordered_json out{{"case", row.case_id}, {"organ", row.organ}, {"state", state_of(row)}};
  if (!measured(row)) return out;
  if (row.within_ends) out["within_ends"] = true;
  out["predicted_ml"] = row.metrics.predicted_ml;
  out["truth_ml"] = row.metrics.truth_ml;
  out["predicted_voxels"] = row.metrics.predicted_voxels;
  out["truth_voxels"] = row.metrics.truth_voxels;
  out["overlap_voxels"] = row.metrics.overlap_voxels;
  for (const evaluation::Metric& metric : evaluation::metrics())
    out[metric.key] = number(metric.of(row.metrics));
  if (row.metrics.centroid_offset_lps_mm) out["centroid_offset_lps_mm"] = *row.metrics.centroid_offset_lps_mm;
  return out;
}

std::vector<std::string> organs_within_ends(const evaluation::Evaluation& evaluation) {
  std::vector<evaluation::EvaluationRow> rows = evaluation.rows;
  std::erase_if(rows, [](const evaluation::EvaluationRow& row) { return !row.within_ends; });
  return evaluation::organs_of(rows);
}

ordered_json rows_json(const evaluation::Evaluation& evaluation) {
  ordered_json rows = ordered_json::array();
  for (const evaluation::EvaluationRow& row : evaluation.rows) rows.push_back(row_json(row));
  return rows;
}

ordered_json failed_json(const evaluation::Evaluation& evaluation) {
  ordered_json failed = ordered_json::array();
  for (const evaluation::FailedCase& c : evaluation.failed)
    failed.push_back({{"case", c.id}, {"why", c.why}});
  return failed;
}

ordered_json paired_json(const std::vector<evaluation::PairedFigure>& figures) {
  ordered_json out = ordered_json::array();
  for (const evaluation::PairedFigure& f : figures)
    out.push_back({{"organ", f.organ},
                   {"figure", f.metric->key},
                   {"pairs", f.pairs},
                   {"left_out", f.left_out},
                   {"mean", number(f.mean)},
                   {"mean_against", number(f.mean_other)},
                   {"difference", number(f.difference)},
                   {"interval_95", {number(f.interval.low), number(f.interval.high)}},
                   {"wilcoxon_statistic", f.test.statistic},
                   {"p", number(f.test.p)},
                   {"p_exact", f.test.exact},
                   {"p_holm", number(f.p_holm)}});
  return out;
}

ordered_json published_json() {
  ordered_json out = ordered_json::array();
  for (const evaluation::PublishedRow& row : evaluation::published_rows()) {
    ordered_json one{
        {"name", row.name}, {"source", row.source}, {"verified", row.verified}, {"unit", row.unit}};
    for (std::size_t i = 0; i < row.organs.size(); ++i)
      one["organs"][standard_organs()[i].name] = number(row.organs[i]);
    one["mean"] = number(row.mean);
    out.push_back(std::move(one));
  }
  return out;
}

double mean_of_organs(const std::vector<evaluation::OrganSummary>& organs) {
  std::vector<double> means;
  for (const evaluation::OrganSummary& organ : organs) means.push_back(organ.figures[0].summary.mean);
  return evaluation::summarise(means).mean;
}

template <class... Values>
std::string line(const char* format, Values... values) {
  char text[320];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string cell(double value, int decimals) {
  return std::isfinite(value) ? line("%.*f", decimals, value) : "-";
}

std::string organ_table(const std::vector<evaluation::OrganSummary>& organs) {
  std::string text = line("%-16s %5s %7s %6s %7s %7s %-14s %8s %8s %8s %9s\n", "organ", "cases", "Dice", "sd",
                          "median", "worst", "(case)", "HD95 mm", "MSD mm", "sDice", "volume ml");
  const auto figure = [](const evaluation::OrganSummary& organ,
                         const char* key) -> const evaluation::Summary& {
    return organ.figures[static_cast<std::size_t>(&evaluation::metric(key) - evaluation::metrics().data())]
        .summary;
  };
  for (const evaluation::OrganSummary& organ : organs) {
    const evaluation::Summary& dice = organ.figures[0].summary;
    text += line("%-16s %5zu %7s %6s %7s %7s %-14s %8s %8s %8s %9s\n", organ.organ.c_str(), organ.measured,
                 cell(dice.mean, 3).c_str(), cell(dice.sd, 3).c_str(), cell(dice.median, 3).c_str(),
                 cell(dice.low, 3).c_str(), organ.figures[0].worst_case.substr(0, 14).c_str(),
                 cell(figure(organ, "hd95_mm").mean, 2).c_str(),
                 cell(figure(organ, "mean_surface_mm").mean, 2).c_str(),
                 cell(figure(organ, "surface_dice").mean, 3).c_str(),
                 cell(figure(organ, "volume_ml").mean, 2).c_str());
  }
  if (organs.empty()) return "no organ on either side\n";
  return text + line("%-16s %5s %7s\n", "mean of organs", "", cell(mean_of_organs(organs), 3).c_str());
}

std::string listed(const std::vector<std::string>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < 6; ++i) text += (i ? ", " : "") + ids[i];
  return ids.size() > 6 ? text + ", ..." : text;
}

std::string missing_text(const evaluation::Evaluation& evaluation,
                         const std::vector<evaluation::OrganSummary>& organs) {
  std::string text;
  const auto say = [&](const std::string& what, const std::vector<std::string>& ids) {
    if (!ids.empty()) text += what + " in " + std::to_string(ids.size()) + " cases: " + listed(ids) + "\n";
  };
  for (const evaluation::OrganSummary& organ : organs) {
    say(organ.organ + ": missing in the prediction", organ.missing_in_prediction);
    say(organ.organ + ": missing in the truth", organ.missing_in_truth);
    if (organ.prediction_empty + organ.truth_empty + organ.both_empty > 0)
      text += line(
          "%s: predicted nowhere in %zu cases (Dice 0), predicted but absent in %zu (Dice 0), rightly absent "
          "in "
          "%zu (no figure)\n",
          organ.organ.c_str(), organ.prediction_empty, organ.truth_empty, organ.both_empty);
  }
  if (!evaluation.without_truth.empty())
    text += std::to_string(evaluation.without_truth.size()) +
            " predictions without a truth: " + listed(evaluation.without_truth) + "\n";
  if (!evaluation.without_prediction.empty())
    text += std::to_string(evaluation.without_prediction.size()) +
            " truths without a prediction: " + listed(evaluation.without_prediction) + "\n";
  std::vector<std::string> failed;
  for (const evaluation::FailedCase& c : evaluation.failed) failed.push_back(c.id);
  if (!failed.empty())
    text += std::to_string(failed.size()) + " cases failed and are in no figure: " + listed(failed) + "\n";
  return text.empty() ? text : "\n" + text;
}

std::string paired_text(const std::vector<evaluation::PairedFigure>& figures) {
  if (figures.empty()) return {};
  std::string text = line("\n%-16s %-13s %5s %9s %9s %10s %-22s %9s %9s\n", "organ", "figure", "pairs",
                          "this", "against", "difference", "95% interval", "p", "p (Holm)");
  for (const evaluation::PairedFigure& f : figures) {
    const int decimals = f.metric->decimals + 1;
    text += line("%-16s %-13s %5zu %9s %9s %10s %-22s %9.4g %9.4g\n", f.organ.c_str(), f.metric->key, f.pairs,
                 cell(f.mean, decimals).c_str(), cell(f.mean_other, decimals).c_str(),
                 cell(f.difference, decimals).c_str(),
                 (cell(f.interval.low, decimals) + " to " + cell(f.interval.high, decimals)).c_str(),
                 f.test.p, f.p_holm);
  }
  return text;
}

std::string published_text() {
  std::string text = "\nPublished, MICCAI 2015 off-site test (other data, selection and conventions):\n";
  text += line("%-26s %-10s", "", "");
  for (const char* organ : {"BS", "OC", "Mand", "ON L", "ON R", "PG L", "PG R", "SMG L", "SMG R", "mean"})
    text += line(" %6s", organ);
  text += "\n";
  for (const evaluation::PublishedRow& row : evaluation::published_rows()) {
    text += line("%-26s %-10s", row.name.c_str(), row.unit.c_str());
    for (const auto& value : row.organs) text += line(" %6s", value ? cell(*value, 2).c_str() : "-");
    text += line(" %6s\n", row.mean ? cell(*row.mean, 2).c_str() : "-");
    text += "    " + row.source + "; " + row.verified + "\n";
  }
  return text;
}

}  // namespace

ordered_json evaluation_json(const EvaluationReport& report) {
  const evaluation::Evaluation& evaluation = report.evaluation;
  const auto organs = evaluation::summarise(evaluation);
  ordered_json out{
      {"program", std::string("anatomynet ") + version()},
      {"predicted", evaluation.predicted},
      {"truth", evaluation.truth},
      {"conventions",
       {{"surface", evaluation::name_of(report.surface)},
        {"hausdorff", evaluation::name_of(report.combination)},
        {"mean_surface", report.combination == evaluation::Combination::pooled ? "pooled" : "mean"},
        {"tolerances_mm", report.tolerances},
        {"within_ends", organs_within_ends(report.evaluation)},
        {"protocol", report.protocol}}},
      {"cases", evaluation.cases.size()},
      {"mean_dice", number(mean_of_organs(organs))},
      {"predictions_without_truth", evaluation.without_truth},
      {"truths_without_prediction", evaluation.without_prediction},
      {"failed", failed_json(evaluation)},
      {"organs", ordered_json::array()},
      {"each", rows_json(evaluation)}};
  for (const evaluation::OrganSummary& organ : organs) out["organs"].push_back(organ_json(organ));
  if (report.against) {
    out["against"] = {{"predicted", report.against->predicted}, {"organs", ordered_json::array()}};
    for (const evaluation::OrganSummary& organ : evaluation::summarise(*report.against))
      out["against"]["organs"].push_back(organ_json(organ));
    out["against"]["failed"] = failed_json(*report.against);
    out["against"]["each"] = rows_json(*report.against);
    out["comparison"] = {{"bootstrap", "percentile, 10000 draws over cases, seed 1"},
                         {"test", "Wilcoxon signed rank, two-sided; Holm over the organs of one figure"},
                         {"figures", paired_json(report.paired)}};
  }
  if (report.published) out["published"] = published_json();
  return out;
}

std::string evaluation_csv(const evaluation::Evaluation& evaluation) {
  CsvRow heading{"case", "organ", "state", "predicted_ml", "truth_ml"};
  for (const evaluation::Metric& metric : evaluation::metrics()) heading.emplace_back(metric.key);
  heading.emplace_back("slices");
  std::string text = csv_line(heading);
  for (const evaluation::EvaluationRow& row : evaluation.rows) {
    CsvRow cells{row.case_id, row.organ, state_of(row)};
    const bool any = measured(row);
    for (const double ml : {row.metrics.predicted_ml, row.metrics.truth_ml})
      cells.push_back(any ? csv_number(ml) : "");
    for (const evaluation::Metric& metric : evaluation::metrics())
      cells.push_back(any ? csv_number(metric.of(row.metrics).value_or(NAN)) : "");
    cells.push_back(row.within_ends ? "truth" : "all");
    text += csv_line(cells);
  }
  return text;
}

std::string evaluation_summary_csv(const evaluation::Evaluation& evaluation) {
  std::string text =
      csv_line({"organ", "figure", "cases", "mean", "sd", "median", "lower_quartile", "upper_quartile", "low",
                "high", "worst_case", "missing_in_prediction", "missing_in_truth"});
  for (const evaluation::OrganSummary& organ : evaluation::summarise(evaluation))
    for (std::size_t k = 0; k < evaluation::metrics().size(); ++k) {
      const evaluation::Summary& s = organ.figures[k].summary;
      CsvRow cells{organ.organ, evaluation::metrics()[k].key, std::to_string(s.count)};
      for (const double v : {s.mean, s.sd, s.median, s.lower_quartile, s.upper_quartile, s.low, s.high})
        cells.push_back(csv_number(v));
      cells.insert(cells.end(),
                   {organ.figures[k].worst_case, std::to_string(organ.missing_in_prediction.size()),
                    std::to_string(organ.missing_in_truth.size())});
      text += csv_line(cells);
    }
  return text;
}

std::string within_ends_text(const evaluation::Evaluation& evaluation) {
  std::string names;
  for (const std::string& organ : organs_within_ends(evaluation))
    names += (names.empty() ? "" : ", ") + organ;
  return names.empty() ? names : "between the truth's first and last slice alone: " + names + "\n";
}

std::string evaluation_text(const EvaluationReport& report) {
  const auto organs = evaluation::summarise(report.evaluation);
  return organ_table(organs) + within_ends_text(report.evaluation) + missing_text(report.evaluation, organs) +
         paired_text(report.paired) + (report.published ? published_text() : std::string());
}

}  // namespace anatomynet::report

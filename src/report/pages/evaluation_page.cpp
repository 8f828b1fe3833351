#include "report/pages/evaluation_page.h"

#include <algorithm>
#include <cmath>

#include "core/known_organs.h"
#include "core/version.h"
#include "evaluation/published.h"
#include "report/html.h"
#include "report/pages/page_parts.h"
#include "report/views/box_plot.h"

namespace anatomynet::report {
namespace {

std::string overview(const std::vector<evaluation::OrganSummary>& organs) {
  std::string rows = html_row({"organ", "cases", "Dice", "HD95 mm", "surface Dice", "mean surface mm",
                               "worst Dice", "missing in prediction", "missing in truth", "predicted nowhere",
                               "predicted but absent", "rightly absent"},
                              "th");
  const auto with_sd = [](const evaluation::Figure& f, int decimals) {
    return number(f.summary.mean, decimals) + " <small>&plusmn; " + number(f.summary.sd, decimals) +
           "</small>";
  };
  for (const evaluation::OrganSummary& organ : organs) {
    const auto& f = organ.figures;
    rows += html_row({"<a href=\"#" + html_text(organ.organ) + "\">" + html_text(organ.organ) + "</a>",
                      std::to_string(organ.measured), with_sd(f[0], 3), with_sd(f[1], 2), with_sd(f[2], 3),
                      with_sd(f[3], 2),
                      number(f[0].summary.low, 3) + " <small>" + html_text(f[0].worst_case) + "</small>",
                      std::to_string(organ.missing_in_prediction.size()),
                      std::to_string(organ.missing_in_truth.size()), std::to_string(organ.prediction_empty),
                      std::to_string(organ.truth_empty), std::to_string(organ.both_empty)});
  }
  return "<h2>By organ</h2>\n<p>Mean &plusmn; standard deviation over the cases where the figure is "
         "defined.</p>\n"
         "<div class=\"wide\"><table>\n" +
         rows + "</table></div>\n";
}

std::string plot_of(const evaluation::Evaluation& evaluation,
                    const std::vector<evaluation::OrganSummary>& organs, std::size_t k) {
  const evaluation::Metric& metric = evaluation::metrics()[k];
  std::vector<BoxRow> rows;
  double highest = 0;
  for (const evaluation::OrganSummary& organ : organs) {
    BoxRow row{organ.organ, colour_of(organ.organ), {}};
    for (const evaluation::EvaluationRow& r : evaluation.rows)
      if (r.organ == organ.organ && r.state == evaluation::EvaluationRow::State::measured)
        if (const auto value = metric.of(r.metrics)) {
          row.points.push_back({r.case_id, *value});
          highest = std::max(highest, *value);
        }
    rows.push_back(std::move(row));
  }
  return box_plot(metric.label, rows, 0, metric.better > 0 ? 1 : round_above(highest));
}

std::string organ_section(const EvaluationReport& report, const evaluation::OrganSummary& organ) {
  std::string rows =
      html_row({"figure", "cases", "mean", "sd", "median", "quartiles", "range", "worst case"}, "th");
  for (std::size_t k = 0; k < evaluation::metrics().size(); ++k) {
    const evaluation::Metric& metric = evaluation::metrics()[k];
    const evaluation::Summary& s = organ.figures[k].summary;
    const int d = metric.decimals;
    std::string label = html_text(metric.label);
    if (std::string(metric.key) == "surface_dice" && report.tolerances.contains(organ.organ))
      label += " <small>at " + number(report.tolerances.at(organ.organ), 2) + " mm</small>";
    rows += html_row({label, std::to_string(s.count), number(s.mean, d), number(s.sd, d), number(s.median, d),
                      number(s.lower_quartile, d) + " to " + number(s.upper_quartile, d),
                      number(s.low, d) + " to " + number(s.high, d), html_text(organ.figures[k].worst_case)});
  }
  std::string out = "<section id=\"" + html_text(organ.organ) + "\">\n<h2>" + html_text(organ.organ) +
                    "</h2>\n<div class=\"wide\"><table>\n" + rows + "</table></div>\n";
  const auto of_organ = [&](const evaluation::EvaluationRow& row) {
    return row.within_ends && row.organ == organ.organ;
  };
  const auto within = std::count_if(report.evaluation.rows.begin(), report.evaluation.rows.end(), of_organ);
  if (within > 0)
    out += "<p><small>In " + std::to_string(within) +
           " cases measured between the truth's first and last slice alone: its contours end "
           "anywhere.</small></p>\n";
  std::string pictures;
  for (const auto& picture : report.pictures)
    if (picture.organ == organ.organ)
      pictures += "<figure><img alt=\"" + html_text(picture.caption) + "\" src=\"" +
                  data_url("image/png", picture.png) + "\"><figcaption>" + html_text(picture.caption) +
                  "</figcaption></figure>\n";
  if (!pictures.empty())
    out +=
        "<h3>Lowest Dice, on the slice where the two differ most</h3>\n<p><small>White: truth. Coloured: "
        "prediction.</small></p>\n<div class=\"pictures\">\n" +
        pictures + "</div>\n";
  return out + "</section>\n";
}

std::string ids(const std::vector<std::string>& list) {
  constexpr std::size_t most = 40;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, list.size()); ++i) out += (i ? ", " : "") + html_text(list[i]);
  return list.size() > most ? out + " and " + std::to_string(list.size() - most) + " more" : out;
}

std::string missing(const EvaluationReport& report, const std::vector<evaluation::OrganSummary>& organs) {
  std::string rows;
  for (const evaluation::OrganSummary& organ : organs) {
    if (!organ.missing_in_prediction.empty())
      rows += html_row({html_text(organ.organ), "prediction", ids(organ.missing_in_prediction)});
    if (!organ.missing_in_truth.empty())
      rows += html_row({html_text(organ.organ), "truth", ids(organ.missing_in_truth)});
  }
  for (const auto& [side, list] : {std::pair{"prediction", &report.evaluation.without_prediction},
                                   std::pair{"truth", &report.evaluation.without_truth}})
    if (!list->empty()) rows += html_row({"whole case", side, ids(*list)});
  if (rows.empty()) return {};
  return "<h2>Missing</h2>\n<p>Not measured and in no mean; nothing here counts as zero.</p>\n<div "
         "class=\"wide\"><table class=\"ids\">\n" +
         html_row({"organ", "missing in", "cases"}, "th") + rows + "</table></div>\n";
}

std::string failed(const EvaluationReport& report) {
  std::string rows;
  const auto add = [&](const evaluation::Evaluation& evaluation, const char* side) {
    for (const evaluation::FailedCase& c : evaluation.failed)
      rows += html_row({html_text(c.id), side, html_text(c.why)});
  };
  add(report.evaluation, "this");
  if (report.against) add(*report.against, "against");
  if (rows.empty()) return {};
  return "<h2>Failed</h2>\n<p>Cases that could not be measured; they are in no figure.</p>\n<div "
         "class=\"wide\"><table class=\"ids\">\n" +
         html_row({"case", "predictions", "why"}, "th") + rows + "</table></div>\n";
}

std::string comparison(const EvaluationReport& report) {
  if (!report.against) return {};
  std::string rows = html_row({"organ", "figure", "pairs", "left out", "this", "against", "difference",
                               "95% interval", "p", "p (Holm)"},
                              "th");
  for (const evaluation::PairedFigure& f : report.paired) {
    const int d = f.metric->decimals + 1;
    rows += html_row({html_text(f.organ), html_text(f.metric->label), std::to_string(f.pairs),
                      std::to_string(f.left_out), number(f.mean, d), number(f.mean_other, d),
                      number(f.difference, d),
                      number(f.interval.low, d) + " to " + number(f.interval.high, d), p_value(f.test.p),
                      (f.p_holm < 0.05 ? "<b>" : "") + p_value(f.p_holm) + (f.p_holm < 0.05 ? "</b>" : "")});
  }
  return "<h2>Against " + html_text(report.against->predicted) +
         "</h2>\n<p>Differences are this less the other, over the cases that have the figure in both. "
         "Interval: percentile "
         "bootstrap of the mean difference, 10,000 draws over cases. p: Wilcoxon signed rank, two-sided; "
         "Holm: adjusted "
         "over the organs of one figure, bold below 0.05.</p>\n<div class=\"wide\"><table>\n" +
         rows + "</table></div>\n";
}

std::string published(const EvaluationReport& report, const std::vector<evaluation::OrganSummary>& organs) {
  if (!report.published) return {};
  std::string rows = "<tr><th>method</th><th>figure</th>";
  for (const Organ& organ : standard_organs()) rows += "<th>" + html_text(organ.name) + "</th>";
  rows += "<th>mean</th></tr>\n<tr class=\"own\"><td>this evaluation</td><td>Dice %</td>";
  std::vector<double> means;
  for (const Organ& organ : standard_organs()) {
    const auto it =
        std::find_if(organs.begin(), organs.end(), [&](const auto& o) { return o.organ == organ.name; });
    const double mean = it == organs.end() ? std::nan("") : 100 * it->figures[0].summary.mean;
    means.push_back(mean);
    rows += "<td>" + number(mean, 2) + "</td>";
  }
  rows += "<td>" + number(evaluation::summarise(means).mean, 2) + "</td></tr>\n";
  std::string notes;
  for (const evaluation::PublishedRow& row : evaluation::published_rows()) {
    rows += "<tr><td>" + html_text(row.name) + "</td><td>" + html_text(row.unit) + "</td>";
    for (const auto& value : row.organs) rows += "<td>" + number(value, 2) + "</td>";
    rows += "<td>" + number(row.mean, 2) + "</td></tr>\n";
    notes += "<li>" + html_text(row.name) + " (" + html_text(row.unit) + "): " + html_text(row.source) +
             ". " + html_text(row.verified) + ".</li>\n";
  }
  return "<h2>Published results</h2>\n<p>The ten off-site cases of the MICCAI 2015 challenge, as published. "
         "Other test "
         "data, training data, selection and conventions than above unless the evaluation says so: to read "
         "beside, not to "
         "rank.</p>\n<div class=\"wide\"><table>\n" +
         rows + "</table></div>\n<ul class=\"notes\">\n" + notes + "</ul>\n";
}

std::string each_case(const evaluation::Evaluation& evaluation) {
  std::string rows = "<tr><th>case</th><th>organ</th>";
  for (const evaluation::Metric& metric : evaluation::metrics())
    rows += "<th>" + html_text(metric.label) + "</th>";
  rows += "</tr>\n";
  for (const evaluation::EvaluationRow& row : evaluation.rows) {
    rows += "<tr><td>" + html_text(row.case_id) + "</td><td>" + html_text(row.organ) + "</td>";
    if (row.state != evaluation::EvaluationRow::State::measured) {
      rows += "<td colspan=\"" + std::to_string(evaluation::metrics().size()) + "\">missing in the " +
              (row.state == evaluation::EvaluationRow::State::missing_in_truth ? "truth" : "prediction") +
              "</td></tr>\n";
      continue;
    }
    for (const evaluation::Metric& metric : evaluation::metrics())
      rows += "<td>" + number(metric.of(row.metrics), metric.decimals) + "</td>";
    rows += "</tr>\n";
  }
  return "<details><summary>Every case</summary>\n<div class=\"wide\"><table>\n" + rows +
         "</table></div>\n</details>\n";
}

constexpr auto style =
    "body{max-width:76rem}table{font-variant-numeric:tabular-nums}th,td{padding:.25rem "
    ".6rem;text-align:right;white-space:nowrap}"
    "th{vertical-align:bottom;white-space:normal;font-weight:600}"
    "th:first-child,td:first-child,td:nth-child(2),th:nth-child(2){text-align:left}.wide{overflow-x:auto}"
    ".own td{font-weight:600}section{border-top:2px solid #d8dee4;margin-top:1.5rem}"
    ".pictures{display:flex;flex-wrap:wrap;gap:.8rem}figure{width:20rem}figure "
    "img{width:100%;display:block}"
    "figcaption{font-size:13px;color:#57606a}.notes{font-size:13px;color:#57606a}"
    ".ids td,.ids th{white-space:normal;text-align:left}td[colspan]{text-align:left;color:#57606a}";

}  // namespace

std::string evaluation_page(const EvaluationReport& report) {
  const evaluation::Evaluation& evaluation = report.evaluation;
  const auto organs = evaluation::summarise(evaluation);
  std::string body =
      "<h1>Evaluation</h1>\n<p>" + html_text(evaluation.predicted) + " against " +
      html_text(evaluation.truth) + ", " + std::to_string(evaluation.cases.size()) + " cases" +
      (report.protocol.empty() ? std::string() : ", protocol " + html_text(report.protocol)) +
      ".</p>\n<p>Not a medical device. Surfaces: " + evaluation::name_of(report.surface) +
      "; Hausdorff distances: " +
      (report.combination == evaluation::Combination::pooled   ? "both directions pooled"
       : report.combination == evaluation::Combination::larger ? "the larger of both directions"
                                                               : "the mean of both directions") +
      ". A figure that is not defined is a dash and in no mean.</p>\n" + overview(organs);
  for (const std::size_t k : {std::size_t(0), std::size_t(1), std::size_t(2)})
    body += plot_of(evaluation, organs, k);
  body += failed(report) + comparison(report) + missing(report, organs);
  for (const evaluation::OrganSummary& organ : organs) body += organ_section(report, organ);
  body += published(report, organs) + each_case(evaluation) + "<p><small>anatomynet " + html_text(version()) +
          "</small></p>\n";
  return html_page("Evaluation", std::string(style) + box_plot_style, body);
}

}  // namespace anatomynet::report

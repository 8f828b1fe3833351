#include "report/pages/adaptation_page.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "report/html.h"
#include "report/pages/page_parts.h"
#include "report/pages/record_values.h"
#include "report/views/box_plot.h"

namespace anatomynet::report {
namespace {

using json = nlohmann::ordered_json;

std::string count(const json& value) { return std::to_string(value.get<std::size_t>()); }

std::string joined(const json& list) {
  std::string out;
  for (const json& one : list) out += (out.empty() ? "" : ", ") + text(one);
  return out;
}

std::string table(const std::string& rows) {
  return "<div class=\"wide\"><table class=\"figures\">\n" + rows + "</table></div>\n";
}

std::string badge(const json& organ, bool offered) {
  if (organ.at("learnt").get<bool>() && organ.at("gained").get<bool>() && offered)
    return "<span class=\"badge fine\">offered</span>";
  if (organ.at("lost").get<bool>()) return "<span class=\"badge stop\">changed</span>";
  if (organ.at("learnt").get<bool>()) return "<span class=\"badge look\">not offered</span>";
  return "<span class=\"badge\">as before</span>";
}

std::string badge_elsewhere(const json& organ) {
  if (organ.at("learnt").get<bool>()) return "<span class=\"badge fine\">adapted</span>";
  return organ.at("lost").get<bool>() ? "<span class=\"badge stop\">changed</span>"
                                      : "<span class=\"badge\">as before</span>";
}

// `elsewhere`: cases of --check, by which nothing is decided.
std::string outcomes(const json& organs, bool offered, bool elsewhere = false) {
  std::string rows = html_row({"organ", "", "cases", "Dice before", "after", "difference", "95% interval",
                               "p (Holm)", "before with after", elsewhere ? "" : "why"},
                              "th");
  for (const json& o : organs) {
    const bool some = o.at("cases").get<std::size_t>() > 0;
    rows += html_row(
        {text(o.at("organ")), elsewhere ? badge_elsewhere(o) : badge(o, offered), count(o.at("cases")),
         number(o.at("before"), 3), number(o.at("after"), 3), number(o.at("difference"), 3),
         some ? number(o.at("interval").at(0), 3) + " to " + number(o.at("interval").at(1), 3) : "&ndash;",
         some ? p_value(value_of(o.at("p_holm"))) : "&ndash;", number(o.at("agreement"), 3),
         elsewhere ? "" : text(o.at("why"))});
  }
  return table(rows);
}

std::string plot(const json& cases, const json& organs) {
  std::vector<BoxRow> rows;
  for (const json& organ : organs)
    for (const char* when : {"before", "after"}) {
      const std::string name = organ.at("organ");
      BoxRow row{std::string(when) == "before" ? name : "after", colour_of(name), {}};
      for (const json& c : cases)
        for (const json& o : c.at("organs"))
          if (o.at("organ") == name && o.at("compared").get<bool>() && o.at(when).at("dice").is_number())
            row.points.push_back({c.at("case").get<std::string>(), o.at(when).at("dice").get<double>()});
      if (!row.points.empty()) rows.push_back(std::move(row));
    }
  return rows.empty() ? std::string() : box_plot("Dice before, and below it after", rows, 0, 1);
}

std::string each_case(const json& cases, const char* heading) {
  std::string rows = html_row({"case", "organ", "Dice before", "after", "HD95 mm before", "after",
                               "mean surface mm before", "after", "before with after"},
                              "th");
  for (const json& c : cases)
    for (const json& o : c.at("organs")) {
      const json &b = o.at("before"), &a = o.at("after");
      rows += html_row({text(c.at("case")), text(o.at("organ")), number(b.at("dice"), 3),
                        number(a.at("dice"), 3), number(b.at("hd95_mm"), 1), number(a.at("hd95_mm"), 1),
                        number(b.at("mean_surface_mm"), 2), number(a.at("mean_surface_mm"), 2),
                        number(o.at("agreement"), 3)});
    }
  return std::string("<details><summary>") + heading + "</summary>\n" + table(rows) + "</details>\n";
}

std::string calibrated_organs(const json& record) {
  std::string names;
  if (record.at("calibration").is_null()) return names;
  for (const auto& [organ, how] : record.at("calibration").at("chosen").items())
    names += (names.empty() ? "" : ", ") + html_text(organ);
  return names;
}

std::string verdict(const json& record) {
  const json& adapted = record.at("adapted");
  if (adapted.is_null()) {
    std::string lost;
    if (!record.at("rounds").empty())
      for (const json& organ : record.at("rounds").back().at("organs"))
        if (organ.at("lost").get<bool>()) lost += (lost.empty() ? "" : ", ") + text(organ.at("organ"));
    return "<p class=\"notice\">Nothing is offered: the weights stay as they are. " +
           (lost.empty()
                ? "The tables say what each organ lacks."
                : "Organs gained, but what was to stay did not, however firmly it was held: " + lost + ".") +
           "</p>\n";
  }
  const std::string calibrated = calibrated_organs(record), learnt = joined(record.at("learnt"));
  std::string out = "<p class=\"notice fine\"><b>" + text(adapted.at("file")) + "</b> is offered" +
                    (calibrated.empty() ? "" : ", calibrated for " + calibrated) +
                    (learnt.empty() ? "" : ", trained for " + learnt) +
                    ". All other organs were kept as they were, and measured to stay.</p>\n<ul>\n";
  for (const json& note : record.at("notes")) out += "<li>" + text(note) + "</li>\n";
  return out + "</ul>\n";
}

std::string rules(const json& r) {
  return "<p>An organ is offered where its contours are better on at least " + count(r.at("least_cases")) +
         " cases that the weights had not learnt from: mean difference of Dice at least " +
         number(r.at("least_gain"), 3) +
         ", and the 95% interval (the wider of percentile bootstrap and Student's, over cases) above 0; a "
         "new organ where its mean Dice is at least " +
         number(r.at("least_dice_of_new"), 2) +
         ". Nothing is offered where an organ that was to stay lost "
         "more than " +
         number(r.at("most_loss"), 3) +
         ", or, where nobody contoured it, agrees with what it was by a Dice "
         "below " +
         number(r.at("least_agreement"), 2) +
         ". The organs, and which calibration each takes, were chosen on these same cases, so their gain is "
         "a "
         "little optimistic: commission the weights on other cases.</p>\n";
}

std::string calibration(const json& record) {
  const json& found = record.at("calibration");
  std::string out =
      "<h2>Calibration</h2>\n<p>What can be found on local contours without changing a weight: "
      "<b>curves</b>, how much the CT's HU and the network's own score must speak for an organ where it is "
      "in "
      "doubt; <b>ends</b>, mm that are cut off above and below where people here end an organ. Each was "
      "found "
      "on the other cases of the cohort and measured on those held out.</p>\n";
  if (found.is_null()) return out + "<p>No organ could be calibrated.</p>\n";
  std::string rows = html_row({"organ", "takes", "cut off above, mm", "below, mm"}, "th");
  for (const auto& [organ, how] : found.at("chosen").items()) {
    const bool ends = how.contains("ends");
    rows += html_row({html_text(organ), text(how.at("takes")),
                      ends ? number(how.at("ends").at("upper_mm"), 1) : "&ndash;",
                      ends ? number(how.at("ends").at("lower_mm"), 1) : "&ndash;"});
  }
  if (!found.at("chosen").empty())
    out += table(rows) + outcomes(found.at("organs"), true) + plot(found.at("cases"), found.at("organs")) +
           each_case(found.at("cases"), "Every case");
  else
    out += "<p>No organ gained.</p>\n";
  for (const json& trial : found.at("trials"))
    out += "<details><summary>All organs with " + text(trial.at("what")) + "</summary>\n" +
           outcomes(trial.at("organs"), false) + "</details>\n";
  return out;
}

// `record`: with at least one round.
std::string training(const json& record) {
  const json& last = record.at("rounds").back();
  return "<h2>Training</h2>\n<p>Before: the weights with their calibration. After: weights that learnt from "
         "the other cases.</p>\n" +
         outcomes(last.at("organs"), !record.at("learnt").empty()) +
         plot(last.at("cases"), last.at("organs")) + each_case(last.at("cases"), "Every case");
}

std::string forgetting(const json& record) {
  const json& check = record.at("check");
  if (check.is_null())
    return "<h2>Elsewhere</h2>\n<p>Not measured: give other cases with --check. Adapted weights can lose "
           "where others contour differently.</p>\n";
  return "<h2>Elsewhere</h2>\n<p>The weights that are offered, on the cases of --check (" +
         std::to_string(check.at("cases").size()) + ").</p>\n" + outcomes(check.at("organs"), true, true) +
         each_case(check.at("cases"), "Every case of --check");
}

std::string earlier_rounds(const json& rounds) {
  std::string out;
  for (std::size_t i = 0; i + 1 < rounds.size(); ++i)
    out += "<details><summary>Round " + std::to_string(i + 1) + ": learnt " + joined(rounds[i].at("learnt")) +
           "</summary>\n" + outcomes(rounds[i].at("organs"), false) + "</details>\n";
  return out.empty() ? out : "<h2>Earlier rounds</h2>\n" + out;
}

std::string lineage(const json& record) {
  const json &parent = record.at("parent"), &data = record.at("data"), &adapted = record.at("adapted");
  const auto code = [](const json& value) { return "<code>" + text(value) + "</code>"; };
  std::string rows =
      html_row({"from", text(parent.at("id"))}) + html_row({"file, SHA-256", code(parent.at("sha256"))}) +
      html_row({"trained on", text(parent.at("training_data"))}) +
      html_row({"local cases", count(data.at("cases")) + " of " + count(data.at("scans")) +
                                   " scans: " + text(data.at("description"))}) +
      html_row({"prepared cases, SHA-256", code(data.at("sha256"))}) +
      (record.at("rounds").empty()
           ? html_row({"seed", count(record.at("options").at("seed"))})
           : html_row({"layers held", joined(record.at("options").at("held_layers"))}) +
                 html_row({"steps, seed", std::to_string(record.at("options").at("steps").get<int>()) + ", " +
                                              count(record.at("options").at("seed"))})) +
      html_row({"program", text(record.at("program"))});
  if (!adapted.is_null())
    rows += html_row({"result", text(adapted.at("id"))}) +
            html_row({"file, SHA-256", code(adapted.at("sha256"))});
  return "<h2>Where it comes from</h2>\n" + table(rows);
}

constexpr auto style =
    "body{max-width:76rem}.wide{overflow-x:auto}.figures{font-variant-numeric:tabular-nums}"
    ".badge{display:inline-block;padding:0 .55em;border-radius:1em;font-size:.87em;font-weight:600;"
    "white-space:nowrap;background:#eaeef2}.badge.fine{background:#dcf3e2;color:#0b5a24}"
    ".badge.look{background:#ffdf9e;color:#5c3600}.badge.stop{background:#b3261e;color:#fff}"
    ".notice{padding:.45rem .8rem;border-left:.3rem solid #b3261e;background:#fde8e6}"
    ".notice.fine{border-color:#0b5a24;background:#dcf3e2}code{font-size:.85em;overflow-wrap:anywhere}"
    "@media print{table{break-inside:avoid}}";

}  // namespace

std::string adaptation_page(const json& record) {
  std::string body =
      "<h1>Weights adapted to local contours</h1>\n<p><b>" + text(record.at("notice")) + "</b></p>\n";
  if (record.at("parent").at("phantom_only").get<bool>())
    body +=
        "<p class=\"notice\">These weights were trained on synthetic patients only: never for a "
        "person.</p>\n";
  body += verdict(record) + calibration(record);
  if (!record.at("rounds").empty()) body += training(record);
  body += rules(record.at("rules"));
  body += forgetting(record) + earlier_rounds(record.at("rounds")) + lineage(record);
  return html_page("Adaptation", std::string(style) + box_plot_style, body);
}

}  // namespace anatomynet::report

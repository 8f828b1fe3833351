#include "report/pages/acceptance_page.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/html.h"
#include "report/pages/page_parts.h"
#include "report/pages/record_values.h"
#include "report/views/box_plot.h"

namespace anatomynet::report {
namespace {

using json = nlohmann::ordered_json;

std::string between(const json& interval, int decimals) {
  return number(interval.at(0), decimals) + " to " + number(interval.at(1), decimals);
}

std::string small(const std::string& html) { return "<small>" + html + "</small>"; }

std::string table(const std::string& rows, const char* of = "") {
  return std::string("<div class=\"wide\"><table") + (*of ? std::string(" class=\"") + of + "\"" : "") +
         ">\n" + rows + "</table></div>\n";
}

const char* badge_of(const std::string& verdict) {
  return verdict == "use" ? "fine" : verdict == "use with care" ? "look" : "stop";
}

std::string badge(const std::string& verdict) {
  return std::string("<span class=\"badge ") + badge_of(verdict) + "\">" + html_text(verdict) + "</span>";
}

std::string joined(const json& list) {
  std::string out;
  for (const json& one : list) out += (out.empty() ? "" : ", ") + text(one);
  return out;
}

std::string verdicts(const json& record) {
  std::string rows = html_row({"organ", "verdict", "why", "cases", "mean Dice"}, "th");
  for (const json& organ : record.at("organs")) {
    std::string why;
    for (const json& reason : organ.at("reasons")) why += "<li>" + text(reason) + "</li>";
    const auto& figures = organ.at("figures");
    rows += html_row({"<a href=\"#" + text(organ.at("organ")) + "\">" + text(organ.at("organ")) + "</a>",
                      badge(organ.at("verdict")), why.empty() ? "" : "<ul>" + why + "</ul>",
                      std::to_string(organ.at("cases").get<std::size_t>()),
                      figures.contains("dice") ? number(figures.at("dice").at("mean"), 3) : "&ndash;"});
  }
  return "<h2>What this says</h2>\n" + table(rows, "verdicts") +
         "<p>Use: the contours reach every level of the criteria here, and the interval shows it. Review and "
         "correction of every contour stay necessary.</p>\n";
}

std::string findings(const json& record) {
  std::string rows;
  for (const json& f : record.at("findings")) {
    if (f.at("code") == "outside-training-range") continue;
    rows += "<tr><td>" + joined(f.at("cases")) + "</td><td>" + text(f.at("organ")) + "</td><td>" +
            text(f.at("text")) + "</td><td>" + (f.at("left_out").get<bool>() ? "left out" : "counts") +
            "</td></tr>\n";
  }
  for (const json& f : record.at("failed"))
    rows += "<tr><td>" + text(f.at("case")) + "</td><td></td><td>" + text(f.at("why")) +
            "</td><td>not compared</td></tr>\n";
  if (rows.empty()) return "<p>No fault of the cohort was found.</p>\n";
  return "<h2>Faults of the cohort</h2>\n<p class=\"notice\">Look at these first. What is left out is in no "
         "figure "
         "below; the clinic's contours or files are to be corrected and the same command repeated.</p>\n" +
         table(html_row({"cases", "organ", "what", "in the figures"}, "th") + rows);
}

std::string range_row(const char* name, const json& s, int decimals) {
  return html_row({name, number(s.at("median"), decimals), between(s.at("quartiles"), decimals),
                   between(s.at("range"), decimals)});
}

std::string counted(const char* heading, const json& list) {
  std::string rows = html_row({heading, "cases"}, "th");
  for (const json& one : list)
    rows += html_row({text(one.at("value")), std::to_string(one.at("cases").get<int>())});
  return table(rows);
}

std::string tested(const json& record) {
  const json &t = record.at("tested"), &m = record.at("model");
  std::string out = "<h2>What was tested</h2>\n";
  out += table(html_row({"program", text(record.at("program"))}) + html_row({"model", text(m.at("id"))}) +
                   html_row({"weights file, SHA-256", "<code>" + text(m.at("weights_sha256")) + "</code>"}) +
                   html_row({"trained on", text(m.at("training_data"))}) +
                   html_row({"attribution", text(m.at("attribution"))}) +
                   html_row({"written", text(record.at("written"))}),
               "facts");
  out += "<p>" + std::to_string(t.at("compared").get<std::size_t>()) + " of " +
         std::to_string(t.at("found").get<std::size_t>()) + " cases compared, " +
         std::to_string(t.at("patients").get<std::size_t>()) + " patients; form: " + text(t.at("form")) +
         ".</p>\n";
  out += table(
      html_row({"", "median", "quartiles", "range"}, "th") + range_row("pixel mm", t.at("pixel_mm"), 2) +
      range_row("slice distance mm", t.at("slice_mm"), 2) + range_row("slices", t.at("slices"), 0) +
      range_row("length mm", t.at("length_mm"), 0) + range_row("soft tissue HU", t.at("soft_tissue_hu"), 0));
  out += "<div class=\"beside\">" + counted("scanner", t.at("scanners")) +
         counted("contrast", t.at("contrast")) + counted("voxels", t.at("grids")) + "</div>\n";
  std::string rows;
  for (const json& f : record.at("findings"))
    if (f.at("code") == "outside-training-range")
      rows += html_row({joined(f.at("cases")), text(f.at("text"))});
  if (rows.empty())
    return out + "<p>No case lies outside what the model was trained on, as far as it is known.</p>\n";
  return out + "<h3>Cases outside the training data's range</h3>\n" +
         table(html_row({"case", "what"}, "th") + rows);
}

std::string levels(const json& record) {
  std::string rows = html_row(
      {"organ", "figure", "cases", "value", "95% interval", "use", "care", "", "source of the level"}, "th");
  for (const json& organ : record.at("organs"))
    for (const json& l : organ.at("levels")) {
      const int d = l.at("decimals");
      const std::string state = l.at("state");
      const char* sign = l.at("better").get<int>() > 0 ? "&ge; " : "&le; ";
      rows += html_row({text(organ.at("organ")), text(l.at("statistic")) + " " + text(l.at("label")),
                        std::to_string(l.at("cases").get<std::size_t>()),
                        "<b>" + number(l.at("value"), d) + "</b>", between(l.at("interval"), d),
                        sign + number(l.at("use"), d), sign + number(l.at("care"), d),
                        std::string("<span class=\"badge ") +
                            (state == "met"       ? "fine"
                             : state == "refused" ? "stop"
                                                  : "look") +
                            "\">" + html_text(state) + "</span>",
                        small(text(l.at("source")))});
    }
  return "<h2>Against the criteria</h2>\n<p>Intervals: percentile bootstrap over patients. Met, not shown: "
         "the "
         "value meets the level, the interval reaches beyond it.</p>\n" +
         table(rows, "figures");
}

std::string plot(const json& record, const char* key, const char* title, bool to_one) {
  std::vector<BoxRow> rows;
  double highest = 0;
  for (const json& organ : record.at("organs")) {
    const std::string name = organ.at("organ");
    BoxRow row{name, colour_of(name), {}};
    for (const json& c : record.at("cases"))
      for (const json& o : c.at("organs"))
        if (o.at("organ") == name && o.at("left_out").get<std::string>().empty() && o.at(key).is_number()) {
          row.points.push_back({c.at("case"), o.at(key).get<double>()});
          highest = std::max(highest, row.points.back().value);
        }
    if (!row.points.empty()) rows.push_back(std::move(row));
  }
  return rows.empty() ? std::string() : box_plot(title, rows, 0, to_one ? 1 : round_above(highest));
}

std::string systematic(const json& record) {
  std::string rows =
      html_row({"organ", "the model's contour", "cases", "mean", "95% interval", "tolerance"}, "th");
  for (const json& organ : record.at("organs"))
    for (const json& s : organ.at("systematic")) {
      const int d = s.at("unit").get<std::string>().empty() ? 3 : 1;
      const bool beyond = s.at("beyond");
      const std::string unit = std::string(" ").append(text(s.at("unit")));
      rows += html_row(
          {text(organ.at("organ")), text(s.at("label")), std::to_string(s.at("cases").get<std::size_t>()),
           (beyond ? "<b class=\"beyond\">" : "") + number(s.at("mean"), d) + unit + (beyond ? "</b>" : ""),
           between(s.at("interval"), d) + unit,
           s.at("tolerance").is_number() ? number(s.at("tolerance"), d) + unit : "&ndash;"});
    }
  return "<h2>Systematic differences</h2>\n<p>Means over cases, the model's contour less the clinic's; "
         "negative: it "
         "ends before, is smaller, lies further right, front or low. Bold: beyond the tolerance, with an "
         "interval "
         "without 0.</p>\n" +
         table(rows, "figures");
}

std::string needed(const json& record) {
  std::string rows = html_row({"organ", "cases", "sd of Dice", "cases needed"}, "th");
  for (const json& organ : record.at("organs"))
    rows += html_row({text(organ.at("organ")), std::to_string(organ.at("cases").get<std::size_t>()),
                      number(organ.at("sd_dice"), 3),
                      organ.at("cases_needed").get<std::size_t>() > 0
                          ? std::to_string(organ.at("cases_needed").get<std::size_t>())
                          : "&ndash;"});
  return "<h2>How many cases would be needed</h2>\n<p>To tell a mean Dice from a fixed value that is off "
         "by " +
         number(record.at("criteria").at("rules").at("see_dice").at("value"), 3) +
         " (two-sided at 5%, found with a probability of 80%), with the scatter seen here. Two versions on "
         "the same "
         "cases need fewer.</p>\n" +
         table(rows);
}

std::string against(const json& record) {
  const json& a = record.at("against");
  if (a.is_null()) return {};
  std::string rows = html_row(
      {"organ", "figure", "pairs", "this", "before", "difference", "95% interval", "p (Holm)"}, "th");
  for (const json& f : a.at("figures")) {
    const int d = f.at("decimals");
    rows +=
        html_row({text(f.at("organ")), text(f.at("label")), std::to_string(f.at("pairs").get<std::size_t>()),
                  number(f.at("mean"), d), number(f.at("before"), d), number(f.at("difference"), d),
                  between(f.at("interval"), d), p_value(value_of(f.at("p_holm")))});
  }
  return "<h2>Against the version before</h2>\n<p>The same cases contoured by " + text(a.at("model")) +
         "; differences are this less before, case by case.</p>\n" + table(rows, "figures");
}

std::string organ_section(const json& organ, const std::vector<AcceptancePicture>& pictures) {
  const std::string name = organ.at("organ");
  std::string figures;
  for (const AcceptancePicture& p : pictures)
    if (p.organ == name)
      figures += "<figure><img alt=\"" + html_text(p.caption) + "\" src=\"" + data_url("image/png", p.png) +
                 "\"><figcaption>" +
                 html_text(p.caption + (p.left_out.empty() ? "" : "; left out: " + p.left_out)) +
                 "</figcaption></figure>\n";
  std::string out = "<section id=\"" + html_text(name) + "\">\n<h2>" + html_text(name) + "</h2>\n<p>" +
                    badge(organ.at("verdict")) + " " + text(organ.at("sentence")) + "</p>\n";
  if (organ.at("evidence").is_string())
    out += "<p>The weights' own evidence: " + text(organ.at("evidence")) + "</p>\n";
  if (organ.at("shared_dice").is_number())
    out += "<p>Mean Dice on the slices that both have drawn: " + number(organ.at("shared_dice"), 3) +
           (organ.at("figures").contains("dice")
                ? "; on all slices: " + number(organ.at("figures").at("dice").at("mean"), 3)
                : std::string()) +
           ".</p>\n";
  if (!organ.at("failed").empty())
    out += "<p>Not found or hardly overlapping: " + joined(organ.at("failed")) + ".</p>\n";
  if (!figures.empty())
    out += "<h3>Lowest Dice, on the slice where the two differ most</h3>\n<p>" +
           small("White: the clinic. Coloured: the model.") + "</p>\n<div class=\"pictures\">\n" + figures +
           "</div>\n";
  return out + "</section>\n";
}

std::string unmatched(const json& record) {
  const json& u = record.at("unmatched");
  std::string rows;
  for (const json& n : u.at("names"))
    rows += html_row({text(n.at("name")), text(n.at("why")), std::to_string(n.at("cases").get<int>())});
  for (const json& n : u.at("not_drawn"))
    rows += html_row(
        {text(n.at("organ")), "the model does not draw it", std::to_string(n.at("cases").get<int>())});
  std::string notes;
  for (const json& note : record.at("notes")) notes += "<li>" + text(note) + "</li>\n";
  for (const json& c : record.at("cases"))
    for (const json& note : c.at("notes"))
      notes += "<li>" + text(c.at("case")) + ": " + text(note) + "</li>\n";
  std::string out;
  if (!rows.empty())
    out +=
        "<h2>Contours that were not compared</h2>\n" + table(html_row({"name", "why", "cases"}, "th") + rows);
  if (!notes.empty())
    out += "<details><summary>What reading the cohort said</summary>\n<ul>\n" + notes + "</ul></details>\n";
  return out;
}

std::string each_case(const json& record) {
  std::string rows = html_row({"case", "organ", "Dice", "surface Dice", "mean surface mm", "HD95 mm",
                               "above mm", "below mm", "volume %", "left out"},
                              "th");
  for (const json& c : record.at("cases"))
    for (const json& o : c.at("organs"))
      rows += html_row({text(c.at("case")), text(o.at("organ")), number(o.at("dice"), 3),
                        number(o.at("surface_dice"), 3), number(o.at("mean_surface_mm"), 2),
                        number(o.at("hd95_mm"), 1), number(o.at("above_mm"), 1), number(o.at("below_mm"), 1),
                        number(o.at("volume_percent"), 0), text(o.at("left_out"))});
  return "<details><summary>Every case</summary>\n" + table(rows, "figures") + "</details>\n";
}

std::string criteria(const json& record) {
  const json& c = record.at("criteria");
  std::string rows = html_row({"rule", "value", "source"}, "th");
  for (const auto& [name, rule] : c.at("rules").items())
    rows += html_row({html_text(name), number(rule.at("value"), 3), text(rule.at("source"))});
  const std::string file = c.at("file");
  return "<h2>Criteria</h2>\n<p>" +
         (file.empty() ? std::string("Those built in.")
                       : "Those built in, with " + html_text(file) + " over them (SHA-256 <code>" +
                             text(c.at("sha256")) + "</code>).") +
         "</p>\n" + table(rows);
}

std::string signatures() {
  std::string rows = html_row({"", "name", "date", "signature"}, "th");
  for (const char* role : {"Physician", "Medical physicist", "Released for", "Next review"})
    rows += html_row({role, "", "", ""});
  return "<h2>Decision</h2>\n" + table(rows, "signatures");
}

constexpr auto style =
    "body{max-width:76rem}td ul{margin:0;padding-left:1.1rem}.wide{overflow-x:auto}"
    ".badge{display:inline-block;padding:0 "
    ".55em;border-radius:1em;font-size:.87em;font-weight:600;white-space:nowrap}"
    ".badge.fine{background:#dcf3e2;color:#0b5a24}.badge.look{background:#ffdf9e;color:#5c3600}"
    ".badge.stop{background:#b3261e;color:#fff}.notice{padding:.45rem .8rem;border-left:.3rem solid "
    "#b3261e;background:#fde8e6}.figures{font-variant-numeric:tabular-nums}"
    ".figures td:nth-child(n+3):not(:last-child){white-space:nowrap}.beyond{color:#7a1a14}"
    ".facts td:first-child{white-space:nowrap;color:#57606a}code{font-size:.85em;overflow-wrap:anywhere}"
    ".beside{display:flex;flex-wrap:wrap;gap:0 2rem;align-items:flex-start}"
    "section{border-top:2px solid #d8dee4;margin-top:1.5rem}.pictures{display:flex;flex-wrap:wrap;gap:.8rem}"
    "figure{width:20rem}figure img{width:100%;display:block}figcaption{font-size:13px;color:#57606a}"
    ".signatures{width:100%}.signatures td{height:2.6rem;width:25%;border:1px solid #8c959f}"
    "@media print{section,table,figure{break-inside:avoid}body{margin:0;max-width:none;"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}}";

}  // namespace

std::string acceptance_page(const json& record, const std::vector<AcceptancePicture>& pictures) {
  std::string body = "<h1>Acceptance of auto-contours</h1>\n<p>" + text(record.at("model").at("id")) + ", " +
                     text(record.at("written")) + ". <b>" + text(record.at("notice")) + "</b></p>\n";
  if (record.at("model").at("phantom_only").get<bool>())
    body +=
        "<p class=\"notice\">This model was trained on synthetic patients only: never for a person.</p>\n";
  body += verdicts(record) + findings(record) + tested(record) + levels(record);
  body += "<h2>Distributions</h2>\n" + plot(record, "dice", "Dice", true) +
          plot(record, "mean_surface_mm", "Mean surface distance mm", false) +
          plot(record, "hd95_mm", "HD95 mm", false);
  body += systematic(record) + needed(record) + against(record);
  for (const json& organ : record.at("organs"))
    if (organ.at("cases").get<std::size_t>() + organ.at("left_out").get<std::size_t>() > 0)
      body += organ_section(organ, pictures);
  body += unmatched(record) + criteria(record) + signatures() + each_case(record);
  return html_page("Acceptance", std::string(style) + box_plot_style, body);
}

}  // namespace anatomynet::report

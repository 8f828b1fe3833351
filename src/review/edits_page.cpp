#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "core/csv.h"
#include "core/text.h"
#include "evaluation/statistics.h"
#include "report/html.h"
#include "report/views/chart.h"
#include "review/control_chart.h"
#include "review/edit_records.h"

namespace anatomynet::review {
namespace {

using report::html_row;
using report::html_text;
using Records = std::vector<const EditRecord*>;

struct Shown {
  const char *key, *label;
  int decimals;
};
constexpr Shown medians[] = {{"dice", "Dice", 3},
                             {"surface_dice", "surface Dice", 3},
                             {"hd95_mm", "HD95 mm", 1},
                             {"added_path_mm", "added path mm", 0},
                             {"added_path_mm_per_slice", "added path mm a slice", 1},
                             {"volume_percent", "volume difference %", 1},
                             {"seconds", "seconds", 0}};
constexpr Shown charted_figures[] = {{"surface_dice", "Surface Dice", 3},
                                     {"added_path_mm_per_slice", "Added path, mm a slice", 1},
                                     {"seconds", "Seconds", 0}};
constexpr std::size_t worst_cases = 10;
constexpr double equal_share = 1e-9;  // values that differ by less of their size are equal
constexpr report::Colour value_colour{0, 114, 178}, average_colour{213, 94, 0}, limit_colour{120, 128, 140};

constexpr const char* style =
    "table { border-collapse: collapse; margin: 0.6rem 0 1.4rem; } th, td { padding: 0.25rem 0.7rem; "
    "text-align: "
    "right; } th:first-child, td:first-child { text-align: left; } .notice { max-width: 60rem; }";

std::string number(double value, int decimals) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return std::isfinite(value) ? text : "-";
}

// Those that there were before review: what a person drew anew says nothing of how good contours were.
Records given(const Records& records) {
  Records out;
  for (const EditRecord* one : records)
    if (!one->drawn_new) out.push_back(one);
  return out;
}

// With the store, since cases of many folders may be called alike ("results").
std::string link_to(const EditRecord& record, const std::filesystem::path& page_folder) {
  std::error_code error;
  const std::filesystem::path store = std::filesystem::relative(record.store, page_folder, error);
  return "<a href=\"" + html_text(percent_encoded(store / "edits.json")) + "\">" +
         html_text(clean_text(record.case_name + " (" + store.string() + ")")) + "</a>";
}

double median_of(const Records& records, const char* key) {
  std::vector<double> values;
  for (const EditRecord* one : records)
    if (const auto value = one->figure(key)) values.push_back(*value);
  return evaluation::summarise(values).median;
}

std::map<std::string, Records> grouped(const std::vector<EditRecord>& records, Grouping by) {
  std::map<std::string, Records> groups;
  for (const EditRecord& one : records) groups[group_of(one, by)].push_back(&one);
  return groups;
}

// Of each organ the records of each group, which is empty where there is but one a organ.
std::map<std::pair<std::string, std::string>, Records> within_organs(const std::vector<EditRecord>& records,
                                                                     Grouping by) {
  std::map<std::pair<std::string, std::string>, Records> groups;
  for (const EditRecord& one : records)
    groups[{one.organ, by == Grouping::organ ? "" : group_of(one, by)}].push_back(&one);
  return groups;
}

// NaN for none.
double percent_unchanged(const Records& records) {
  const auto same =
      std::count_if(records.begin(), records.end(), [](const EditRecord* one) { return one->unchanged; });
  return 100.0 * double(same) / double(records.size());
}

std::string known(const std::string& group) { return group.empty() ? "not known" : clean_text(group); }

std::string group_table(const std::string& title, const std::map<std::string, Records>& groups) {
  std::string head =
      "<tr><th>" + html_text(title) + "</th><th>structures</th><th>drawn new</th><th>unchanged %</th>";
  for (const Shown& shown : medians) head += std::string("<th>") + shown.label + "</th>";
  std::string out = "<table>" + head + "</tr>\n";
  for (const auto& [name, all] : groups) {
    const Records records = given(all);
    out += "<tr><td>" + html_text(known(name)) + "</td><td>" + std::to_string(all.size()) + "</td><td>" +
           std::to_string(all.size() - records.size()) + "</td><td>" + number(percent_unchanged(records), 0) +
           "</td>";
    for (const Shown& shown : medians)
      out += "<td>" + number(median_of(records, shown.key), shown.decimals) + "</td>";
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string chart(const std::string& organ, const Records& records, const Shown& shown,
                  const std::filesystem::path& page_folder) {
  std::vector<double> values;
  Records cases;
  for (const EditRecord* one : records)
    if (const auto value = one->figure(shown.key)) {
      values.push_back(*value);
      cases.push_back(one);
    }
  const std::optional<ControlChart> limits = control_chart(values);
  if (!limits) return "";
  report::Chart out;
  out.title = clean_text(organ) + ": " + shown.label;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*most - *least <= equal_share * std::abs(*most))  // such as of organs that nobody ever changed
    return "<p>" + html_text(out.title) + " is " + number(*least, shown.decimals) + " in all " +
           std::to_string(values.size()) + " cases.</p>\n";
  out.x_name = "approved cases in their order";
  const auto curve = [&](const char* name, report::Colour colour, double width,
                         const std::function<double(std::size_t)>& at) {
    report::Curve one{name, colour, {}, width, colour == value_colour};
    for (std::size_t i = 0; i < values.size(); ++i) one.points.push_back({double(i + 1), at(i)});
    out.curves.push_back(std::move(one));
  };
  curve("mean", limit_colour, 2, [&](std::size_t) { return limits->centre; });
  curve("mean - 3 sigma", limit_colour, 1, [&](std::size_t) { return limits->low; });
  curve("mean + 3 sigma", limit_colour, 1, [&](std::size_t) { return limits->high; });
  curve("EWMA", average_colour, 2, [&](std::size_t i) { return limits->averages[i].value; });
  curve("its lower limit", average_colour, 1, [&](std::size_t i) { return limits->averages[i].low; });
  curve("its upper limit", average_colour, 1, [&](std::size_t i) { return limits->averages[i].high; });
  curve("case", value_colour, 1, [&](std::size_t i) { return values[i]; });
  std::string text = "<p>" + std::to_string(values.size()) + " cases, approved " +
                     html_text(clean_text(cases.front()->at)) + " to " +
                     html_text(clean_text(cases.back()->at)) + "; limits of the first " +
                     std::to_string(limits->baseline) + ": " + number(limits->low, shown.decimals) + " to " +
                     number(limits->high, shown.decimals) + "; out of limits " +
                     std::to_string(limits->out_of_limits.size());
  for (const std::size_t i : limits->out_of_limits)
    text += (i == limits->out_of_limits[0] ? ": " : ", ") + std::to_string(i + 1) + " (" +
            link_to(*cases[i], page_folder) + ")";
  return report::draw_chart(out) + text + "</p>\n";
}

std::string worst(const std::vector<EditRecord>& records, const std::filesystem::path& page_folder) {
  Records measured;
  for (const EditRecord& one : records)
    if (one.figure("surface_dice") && !one.drawn_new) measured.push_back(&one);
  std::stable_sort(measured.begin(), measured.end(), [](const EditRecord* a, const EditRecord* b) {
    return *a->figure("surface_dice") < *b->figure("surface_dice");
  });
  measured.resize(std::min(measured.size(), worst_cases));
  std::string out =
      "<table>" +
      html_row({"case", "organ", "surface Dice", "HD95 mm", "added path mm", "reviewer", "approved"}, "th");
  for (const EditRecord* one : measured) {
    const auto shown = [&](const char* key, int decimals) {
      return one->figure(key) ? number(*one->figure(key), decimals) : "-";
    };
    out += html_row({link_to(*one, page_folder), html_text(clean_text(one->organ)), shown("surface_dice", 3),
                     shown("hd95_mm", 1), shown("added_path_mm", 0), html_text(clean_text(one->reviewer)),
                     html_text(clean_text(one->at))});
  }
  return out + "</table>\n";
}

}  // namespace

std::string groups_table(const std::vector<EditRecord>& records, Grouping by) {
  CsvRow head{"organ", grouping_names()[static_cast<std::size_t>(by)], "cases", "drawn_new",
              "unchanged_percent"};
  if (by == Grouping::organ) head.erase(head.begin() + 1);
  for (const Shown& shown : medians) head.emplace_back(std::string("median_") + shown.key);
  std::string out = csv_line(head);
  for (const auto& [group, all] : within_organs(records, by)) {
    const Records of_group = given(all);
    CsvRow row{group.first};
    if (by != Grouping::organ) row.push_back(group.second);
    row.insert(row.end(), {std::to_string(all.size()), std::to_string(all.size() - of_group.size()),
                           of_group.empty() ? "" : csv_number(percent_unchanged(of_group))});
    for (const Shown& shown : medians) {
      const double median = median_of(of_group, shown.key);
      row.push_back(std::isfinite(median) ? csv_number(median) : "");
    }
    out += csv_line(row);
  }
  return out;
}

std::string records_page(const std::vector<EditRecord>& records, const std::filesystem::path& page_folder,
                         Grouping charted) {
  std::string body =
      "<h1>How much was changed in review</h1>\n<p class=\"notice\">Figures are those of anatomynet "
      "evaluate: the "
      "contours before review against the approved ones. Structures that a person drew anew are counted; "
      "shares, "
      "medians and charts leave them out. Volume differences are before less after. Medians leave out what "
      "is not defined. Charts need " +
      std::to_string(least_baseline) + " cases; limits come from the first " +
      std::to_string(longest_baseline) +
      " cases (fewer where there are not so many): mean and 3 sigma of single values, sigma from the mean "
      "moving "
      "range / 1.128; EWMA with lambda 0.2 and limits of 3 sigma. A case out of limits is a reason to look, "
      "not a "
      "verdict.</p>\n";
  constexpr const char* titles[] = {"organ", "model", "weights", "template", "reviewer", "reviewer's role"};
  for (std::size_t i = 0; i < std::size(titles); ++i) {
    const auto groups = grouped(records, static_cast<Grouping>(i));
    if (groups.size() == 1 && groups.begin()->first.empty()) continue;
    body += std::string("<h2>By ") + titles[i] + "</h2>\n" + group_table(titles[i], groups);
  }
  body += "<h2>Most changed</h2>\n" + worst(records, page_folder);
  body += "<h2>Over time</h2>\n";
  std::string charts;
  for (const auto& [group, of_group] : within_organs(records, charted)) {
    const std::string name = group.first + (charted == Grouping::organ ? "" : ", " + known(group.second));
    for (const Shown& shown : charted_figures) charts += chart(name, given(of_group), shown, page_folder);
  }
  body += charts.empty() ? "<p>No organ has enough cases yet.</p>\n" : charts;
  return report::html_page("How much was changed in review", std::string(report::chart_style) + style, body);
}

}  // namespace anatomynet::review

#include "report/pages/watch_page.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "report/html.h"
#include "report/pages/page_parts.h"
#include "report/views/chart.h"

namespace anatomynet::report {
namespace {

using json = nlohmann::ordered_json;

std::string text(const json& value) { return html_text(value.get<std::string>()); }

std::string moved(const json& record) {
  if (record.at("moved").empty()) return "<p class=\"fine\">Nothing moved.</p>\n";
  std::string rows = html_row({"what moved", "since", "cases that show it"}, "th");
  for (const json& m : record.at("moved")) {
    std::string cases;
    for (const json& one : m.at("cases")) cases += (cases.empty() ? "" : ", ") + text(one);
    rows += html_row({"<b>" + text(m.at("text")) + "</b>", text(m.at("since")), cases});
  }
  return "<table>\n" + rows + "</table>\n";
}

std::string chart_of(const json& c) {
  const json& base = c.at("baseline");
  std::vector<Point> values, beyond;
  double x = 0;
  for (const json& v : c.at("values")) {
    values.push_back({++x, v.at("value").get<double>()});
    beyond.push_back(
        {x, v.at("beyond").get<bool>() ? values.back()[1] : std::numeric_limits<double>::quiet_NaN()});
  }
  const auto level = [&](const json& y) {
    return std::vector<Point>{{1, y.get<double>()}, {std::max(x, 2.0), y.get<double>()}};
  };
  const bool moved = std::any_of(c.at("values").begin(), c.at("values").end(),
                                 [](const json& v) { return v.at("beyond").get<bool>(); });
  Chart chart{c.at("label").get<std::string>() +
                  (c.at("unit").get<std::string>().empty() ? "" : ", " + c.at("unit").get<std::string>()),
              "arrival",
              {}};
  chart.curves.push_back({"baseline, lowest and highest", {200, 205, 212}, level(base.at("range").at(0))});
  chart.curves.push_back({"", {200, 205, 212}, level(base.at("range").at(1))});
  chart.curves.push_back({"baseline, median", {120, 130, 150}, level(base.at("median"))});
  chart.curves.push_back({"arrivals", {10, 88, 202}, values, 1.2, true});
  if (moved) chart.curves.push_back({"beyond the limit", {179, 38, 30}, beyond, 2.4, true});
  return draw_chart(chart);
}

}  // namespace

const char* const watch_style =
    ".charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(34rem,100%),1fr));gap:1rem}"
    ".fine{color:#0b5a24;font-weight:600}";

std::string watch_content(const json& record) {
  const json& alarm = record.at("false_alarm");
  std::string body =
      "<h1>Watch</h1>\n<p>" + std::to_string(record.at("arrivals").get<std::size_t>()) + " cases of " +
      text(record.at("model")) + " against " +
      std::to_string(record.at("baseline").at("cases").get<std::size_t>()) + " of the baseline (" +
      text(record.at("baseline").at("model")) + ").</p>\n" + moved(record) +
      "<p>While nothing has changed, one of all charts passes its limit within " +
      std::to_string(alarm.at("within_cases").get<std::size_t>()) + " cases with a probability of at most " +
      number(alarm.at("probability").get<double>(), 2) +
      " (docs/commissioning.md). A chart that stays quiet does not show that all is well.</p>\n";
  std::vector<const json*> order;
  for (const json& c : record.at("charts")) order.push_back(&c);
  const auto is_moved = [](const json* c) {
    return std::any_of(c->at("values").begin(), c->at("values").end(),
                       [](const json& v) { return v.at("beyond").get<bool>(); });
  };
  std::stable_partition(order.begin(), order.end(), is_moved);
  body += "<div class=\"charts\">\n";
  for (const json* c : order) body += chart_of(*c);
  return body + "</div>\n<p><small>" + text(record.at("program")) + "</small></p>\n";
}

std::string watch_page(const json& record) {
  return html_page("Watch", std::string("body{max-width:80rem}") + chart_style + watch_style,
                   watch_content(record));
}

}  // namespace anatomynet::report

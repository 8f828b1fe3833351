#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace anatomynet::report {

/// watch.html from watch.json (acceptance/watch.h): what moved and which cases show it, then a chart a
/// figure: the arrivals' values, the baseline's median and range. One file that asks nothing of a network and
/// runs no script.
std::string watch_page(const nlohmann::ordered_json& record);

/// The same as a part of another page, which needs chart_style (views/chart.h) and watch_style.
std::string watch_content(const nlohmann::ordered_json& record);
extern const char* const watch_style;

}  // namespace anatomynet::report

#pragma once
#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

#include "report/html.h"
#include "report/pages/page_parts.h"

// Values of a JSON record as a page shows them.
namespace anatomynet::report {

/// A string, escaped for HTML.
inline std::string text(const nlohmann::ordered_json& value) { return html_text(value.get<std::string>()); }

/// NaN for what is no number.
inline double value_of(const nlohmann::ordered_json& value) {
  return value.is_number() ? value.get<double>() : std::nan("");
}

inline std::string number(const nlohmann::ordered_json& value, int decimals) {
  return number(value_of(value), decimals);
}

}  // namespace anatomynet::report

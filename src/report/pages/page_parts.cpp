#include "report/pages/page_parts.h"

#include <cmath>
#include <cstdio>

#include "core/known_organs.h"

namespace anatomynet::report {

std::string number(double value, int decimals) {
  if (!std::isfinite(value)) return "&ndash;";
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string number(const std::optional<double>& value, int decimals) {
  return value ? number(*value, decimals) : "&ndash;";
}

std::string p_value(double p) { return p < 0.0001 ? "&lt; 0.0001" : number(p, 4); }

std::string colour_of(const std::string& organ) {
  std::array<std::uint8_t, 3> c{120, 130, 150};
  if (const Organ* known = find_organ(known_organs(), organ)) c = known->colour;
  char text[16];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", c[0], c[1], c[2]);
  return text;
}

}  // namespace anatomynet::report

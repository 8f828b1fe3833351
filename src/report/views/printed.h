#pragma once
#include <cstdio>
#include <string>

namespace anatomynet::report {

/// What printf would print, at most 399 characters: figures within SVG.
template <class... Values>
std::string printed(const char* format, Values... values) {
  char text[400];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

}  // namespace anatomynet::report

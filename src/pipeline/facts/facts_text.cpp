#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/text.h"
#include "pipeline/facts/facts.h"

namespace anatomynet::pipeline {
namespace {

constexpr std::size_t label_width = 23;

// A key's unit stands at its end: "spacing_xyz_mm".
struct Label {
  std::string text, unit;
};

Label label_of(std::string key) {
  Label label;
  const std::pair<const char*, const char*> units[] = {
      {"_lps_mm", "mm (LPS)"}, {"_xyz_mm", "mm"}, {"_mm", "mm"}, {"_hu", "HU"},
      {"_degrees", "degrees"}, {"_percent", "%"}, {"_xyz", ""},  {"_lps", "(LPS)"}};
  for (const auto& [ending, unit] : units)
    if (key.ends_with(ending) && key.size() > std::string(ending).size()) {
      label.unit = unit;
      key.resize(key.size() - std::string(ending).size());
      break;
    }
  std::replace(key.begin(), key.end(), '_', ' ');
  label.text = key;
  return label;
}

std::string number_text(const Facts& value) {
  if (!value.is_number_float()) return value.dump();
  char text[32];
  std::snprintf(text, sizeof text, "%.7g", value.get<double>() + 0.0);  // -0 becomes 0
  return text;
}

bool is_list_of(const Facts& value, bool (Facts::*kind)() const noexcept) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [&](const Facts& v) { return (v.*kind)(); });
}

// One value in one cell; empty for what is not there.
std::string cell_of(const Facts& value, const std::string& key = "") {
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number()) return number_text(value);
  if (value.is_string()) return clean_text(value.get<std::string>());
  std::string text;
  const bool by = key.starts_with("size") || key.starts_with("spacing") || key.starts_with("extent");
  const char* between = is_list_of(value, &Facts::is_array) ? "; "
                        : by                                ? " x "
                        : key.ends_with("_hu")              ? " to "
                                                            : ", ";
  for (const Facts& item : value) text += (text.empty() ? "" : between) + cell_of(item, by ? key : "");
  return text;
}

std::size_t characters(const std::string& utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, characters(text)), ' ');
  return right ? space + text : text + space;
}

void add_line(std::string& text, const std::string& label, const std::string& value) {
  text += padded(label, label_width, false) + " " + value + "\n";
}

// A column for each key of the rows that has a value in one of them.
std::string table_of(const std::string& heading, const Facts& rows) {
  std::vector<std::string> keys;
  for (const Facts& row : rows)
    for (const auto& [key, value] : row.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  std::erase_if(keys, [&](const std::string& key) {
    return std::all_of(rows.begin(), rows.end(), [&](const Facts& row) {
      return !row.contains(key) || cell_of(row[key], key).empty();
    });
  });
  std::vector<std::vector<std::string>> lines(1);
  for (const std::string& key : keys) {
    const Label label = label_of(key);
    lines[0].push_back(label.text + (label.unit.empty() ? "" : " " + label.unit));
  }
  for (const Facts& row : rows) {
    lines.emplace_back();
    for (const std::string& key : keys)
      lines.back().push_back(row.contains(key) ? cell_of(row[key], key) : "");
  }
  std::string text = "\n" + heading + "\n";
  for (const auto& line : lines) {
    std::string one;
    for (std::size_t k = 0; k < keys.size(); ++k) {
      std::size_t width = 0;
      bool numbers = true;
      for (const auto& other : lines) width = std::max(width, characters(other[k]));
      for (const Facts& row : rows) numbers = numbers && (!row.contains(keys[k]) || row[keys[k]].is_number());
      one += "  " + padded(line[k], width, numbers);
    }
    one.erase(one.find_last_not_of(' ') + 1);
    text += one + "\n";
  }
  return text;
}

void add_all(std::string& text, std::string& tables, const Facts& facts) {
  for (const auto& [key, value] : facts.items()) {
    if (key == "metrics") continue;  // for programs
    const Label label = label_of(key);
    if (is_list_of(value, &Facts::is_object)) {
      tables += table_of(label.text, value);
    } else if (value.is_object()) {
      if (key != "grid" && !value.empty()) {
        tables += "\n" + label.text + "\n";
        std::string inner, more;
        add_all(inner, more, value);
        tables += inner + more;
      } else {
        add_all(text, tables, value);
      }
    } else if (is_list_of(value, &Facts::is_string) &&
               (value.size() > 3 || key == "warnings" || key == "check")) {
      for (const Facts& item : value) add_line(text, label.text, cell_of(item));
    } else if (const std::string cell = cell_of(value, key); !cell.empty()) {
      add_line(text, label.text, cell + (label.unit.empty() ? "" : " " + label.unit));
    }
  }
}

}  // namespace

std::string facts_text(const Facts& facts) {
  std::string text, tables;
  add_all(text, tables, facts);
  return text + tables;
}

}  // namespace anatomynet::pipeline

#include "core/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/text.h"

namespace anatomynet::core {
namespace {

// Whether a spreadsheet could take the cell for a formula: its first character after blanks and apostrophes
// says so. The last four are the full-width forms, which some take as well.
bool like_a_formula(std::string_view cell) {
  cell.remove_prefix(std::min(cell.find_first_not_of(" '"), cell.size()));
  constexpr std::array<std::string_view, 8> signs{"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  return std::any_of(signs.begin(), signs.end(), [&](auto sign) { return cell.starts_with(sign); });
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

std::string csv_cell(const std::string& given) {
  std::string text = clean_text(given);
  if (like_a_formula(text) && !is_number(text)) text.insert(text.begin(), '\'');
  if (text.find_first_of(",\";") == std::string::npos && !text.starts_with(' ') && !text.ends_with(' '))
    return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string csv_line(const CsvRow& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += csv_cell(cell);
  }
  return line + '\n';
}

CsvRow csv_cells(std::string_view line) {
  CsvRow row(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      row.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      row.emplace_back();
    } else {
      row.back() += c;
    }
  }
  for (std::string& cell : row)
    if (cell.starts_with('\'') && like_a_formula(cell)) cell.erase(0, 1);
  return row;
}

std::string csv_number(double value) {
  if (!std::isfinite(value)) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

}  // namespace anatomynet::core

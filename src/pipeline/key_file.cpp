#include "pipeline/key_file.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>

#include "core/error.h"
#include "core/private_file.h"

namespace anatomynet::pipeline {
namespace {

namespace fs = std::filesystem;

// With links followed as far as the path exists.
fs::path real_path(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) real = path.lexically_normal();
  return real.has_filename() ? real : real.parent_path();
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const fs::path inner = real_path(path), outer = real_path(folder);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

std::string joined(const CsvRow& columns) {
  std::string text;
  for (const std::string& column : columns) text += (text.empty() ? "" : ",") + column;
  return text;
}

}  // namespace

std::string numbered_case(int number) {
  char text[24];
  std::snprintf(text, sizeof text, "case-%03d", number);
  return text;
}

std::optional<int> number_of_case(const std::string& name) {
  int number = 0;
  if (!name.starts_with("case-")) return {};
  const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), number);
  if (error != std::errc() || number < 1 || numbered_case(number) != name) return {};
  return number;
}

void require_outside(const fs::path& key, const fs::path& output) {
  if (!key.empty() && !output.empty() && lies_in(key, output))
    throw Error(ErrorKind::usage, "--case-key " + key.string() + ": lies in the output folder " +
                                      output.string() + ", which is to hold no names; name a file elsewhere");
}

std::map<int, CsvRow> KeyFile::read(const fs::path& output) const {
  std::map<int, CsvRow> lines;
  if (path.empty()) return lines;
  require_outside(path, output);
  std::error_code error;
  if (!fs::exists(path, error) || (fs::is_regular_file(path, error) && fs::is_empty(path, error)))
    return lines;
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::getline(in, line);
  if (csv_cells(line) != columns)
    throw Error(ErrorKind::usage, "--case-key " + path.string() + ": is there and not a key of an earlier " +
                                      run + "; name another file");
  for (std::size_t n = 2; std::getline(in, line); ++n) {
    CsvRow row = csv_cells(line);
    const auto number = number_of_case(row.front());
    if (row.size() != columns.size() || !number || !lines.emplace(*number, row).second)
      throw Error(ErrorKind::usage, "--case-key " + path.string() + ": line " + std::to_string(n) +
                                        " is not '" + joined(columns) +
                                        "', or has the number of another line");
  }
  return lines;
}

void KeyFile::write(const std::map<int, CsvRow>& lines) const {
  if (path.empty()) return;
  std::string text = csv_line(columns);
  for (const auto& [number, row] : lines) text += csv_line(row);
  write_private_file(path, text);
}

}  // namespace anatomynet::pipeline

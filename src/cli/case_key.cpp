#include "cli/case_key.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "core/csv.h"
#include "core/error.h"
#include "core/private_file.h"
#include "core/text.h"
#include "report/summary.h"

namespace anatomynet::cli {
namespace {

namespace fs = std::filesystem;

const CsvRow columns{"case", "input", "series"};

std::string case_name(int number) {
  char text[24];
  std::snprintf(text, sizeof text, "case-%03d", number);
  return text;
}

std::optional<int> number_of(const std::string& name) {
  int number = 0;
  if (!name.starts_with("case-")) return {};
  const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), number);
  if (error != std::errc() || number < 1 || case_name(number) != name) return {};
  return number;
}

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

// The numbers that an input (path and series, or what its data is known by) has from earlier batches.
using Known = std::multimap<std::string, int>;

std::string input_of(const CsvRow& row) { return row[1] + "\n" + row[2]; }

CsvRow row_of(const BatchCase& c) { return {c.name, percent_encoded(c.path), clean_text(c.series_uid)}; }

std::map<int, CsvRow> read_key(const fs::path& key) {
  std::map<int, CsvRow> rows;
  std::error_code error;
  if (!fs::exists(key, error) || (fs::is_regular_file(key, error) && fs::is_empty(key, error))) return rows;
  std::ifstream in(key, std::ios::binary);
  std::string line;
  std::getline(in, line);
  if (csv_cells(line) != columns)
    throw Error(ErrorKind::usage, "--case-key " + key.string() +
                                      ": is there and not a key of an earlier batch; name another file");
  for (std::size_t n = 2; std::getline(in, line); ++n) {
    CsvRow row = csv_cells(line);
    const auto number = number_of(row.front());
    if (row.size() != columns.size() || !number || !rows.emplace(*number, row).second)
      throw Error(ErrorKind::usage, "--case-key " + key.string() + ": line " + std::to_string(n) +
                                        " is not 'case-NNN,input,series', or has the number of another line");
  }
  return rows;
}

// The cases of earlier batches in the output folder, by what their data is known by. Throws Error(usage)
// where results there have other names.
Known results_in(const fs::path& output) {
  Known known;
  std::error_code error;
  for (fs::directory_iterator it(output, error), end; !error && it != end; it.increment(error)) {
    const auto number = number_of(it->path().filename().string());
    const auto run = read_summary(it->path() / "summary.json");
    if (number) known.emplace(run ? run->input_id : "", *number);
    if (run && (!number || run->input_id.empty()))
      throw Error(ErrorKind::usage, output.string() + ": holds results that are not anonymous, " +
                                        it->path().filename().string() +
                                        " for one; --anonymise needs another folder");
  }
  return known;
}

class Numbering {
 public:
  Numbering(const std::map<int, CsvRow>& key, const fs::path& output) : by_data_(results_in(output)) {
    for (const auto& [number, row] : key) by_input_.emplace(input_of(row), number);
    for (const Known* known : {&by_input_, &by_data_})
      for (const auto& [what, number] : *known) last_ = std::max(last_, number);
    std::erase_if(by_data_, [&](const auto& entry) { return key.contains(entry.second); });
  }

  std::optional<int> known(const BatchCase& c) {
    if (const auto number = take(by_input_, input_of(row_of(c)))) return number;
    const std::string id = input_id_of(c);
    return id.empty() ? std::nullopt : take(by_data_, id);
  }
  int next() { return ++last_; }

 private:
  std::optional<int> take(Known& from, const std::string& what) {
    for (auto [it, end] = from.equal_range(what); it != end; ++it)
      if (taken_.insert(it->second).second) return it->second;
    return {};
  }

  Known by_input_, by_data_;
  std::set<int> taken_;
  int last_ = 0;
};

}  // namespace

void anonymise_names(std::vector<BatchCase>& cases, const fs::path& key, const fs::path& output) {
  if (!key.empty() && lies_in(key, output))
    throw Error(ErrorKind::usage, "--case-key " + key.string() + ": lies in the output folder " +
                                      output.string() + ", which is to hold no names; name a file elsewhere");
  std::map<int, CsvRow> rows = key.empty() ? std::map<int, CsvRow>() : read_key(key);
  Numbering numbers(rows, output);
  std::vector<BatchCase*> fresh;
  for (BatchCase& c : cases) {
    if (const auto number = numbers.known(c))
      c.name = case_name(*number);
    else
      fresh.push_back(&c);
  }
  for (BatchCase* c : fresh) c->name = case_name(numbers.next());
  if (key.empty()) return;
  for (const BatchCase& c : cases) rows[*number_of(c.name)] = row_of(c);
  std::string text = csv_line(columns);
  for (const auto& [number, row] : rows) text += csv_line(row);
  write_private_file(key, text);
}

}  // namespace anatomynet::cli

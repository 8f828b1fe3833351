#include "pipeline/case_key.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/csv.h"
#include "core/error.h"
#include "core/text.h"
#include "pipeline/key_file.h"
#include "report/records/summary.h"

namespace anatomynet::pipeline {
namespace {

namespace fs = std::filesystem;

// The numbers that an input (path and series, or what its data is known by) has from earlier batches.
using Known = std::multimap<std::string, int>;

std::string input_of(const CsvRow& row) { return row[1] + "\n" + row[2]; }

CsvRow row_of(const BatchCase& c) { return {c.name, percent_encoded(c.path), clean_text(c.series_uid)}; }

// The cases of earlier batches in the output folder, by what their data is known by. Throws Error(usage)
// where results there have other names.
Known results_in(const fs::path& output) {
  Known known;
  std::error_code error;
  for (fs::directory_iterator it(output, error), end; !error && it != end; it.increment(error)) {
    const auto number = number_of_case(it->path().filename().string());
    const auto run = report::read_summary(it->path() / "summary.json");
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
  const KeyFile file{key, {"case", "input", "series"}, "batch"};
  std::map<int, CsvRow> rows = file.read(output);
  Numbering numbers(rows, output);
  std::vector<BatchCase*> fresh;
  for (BatchCase& c : cases) {
    if (const auto number = numbers.known(c))
      c.name = numbered_case(*number);
    else
      fresh.push_back(&c);
  }
  for (BatchCase* c : fresh) c->name = numbered_case(numbers.next());
  for (const BatchCase& c : cases) rows[*number_of_case(c.name)] = row_of(c);
  file.write(rows);
}

}  // namespace anatomynet::pipeline

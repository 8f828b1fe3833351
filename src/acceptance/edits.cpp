#include "acceptance/edits.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/csv.h"
#include "core/error.h"
#include "evaluation/evaluate_cases.h"

namespace anatomynet::acceptance {
namespace {

namespace fs = std::filesystem;

Arrival* find(std::vector<Arrival>& arrivals, const std::string& name) {
  const auto it = std::find_if(arrivals.begin(), arrivals.end(), [&](auto& a) { return a.name == name; });
  return it == arrivals.end() ? nullptr : &*it;
}

}  // namespace

void add_edits(const fs::path& edited, const fs::path& results, std::vector<Arrival>& arrivals,
               Messages& messages) {
  const evaluation::CasePairs pairs =
      evaluation::match_cases(evaluation::find_cases({results}), evaluation::find_cases({edited}));
  const evaluation::Evaluation compared = evaluation::evaluate_cases(
      pairs, {}, [&](std::string_view stage, double share) { messages.progress(stage, share); },
      [](const std::string&) {});
  for (const evaluation::FailedCase& c : compared.failed)
    messages.warning("an edited case could not be compared: " + c.why);
  for (const evaluation::EvaluationRow& row : compared.rows)
    if (Arrival* arrival = find(arrivals, row.case_id);
        arrival && row.state == evaluation::EvaluationRow::State::measured && row.metrics.dice)
      arrival->figures["edited " + row.organ] = *row.metrics.dice;
}

void add_commissioned_edits(const fs::path& commissioned, std::vector<Arrival>& arrivals,
                            Messages& messages) {
  std::ifstream in(commissioned / "cases.csv");
  std::string line;
  if (!std::getline(in, line)) {
    messages.warning("the baseline is no commissioning (no cases.csv): edits are not charted");
    return;
  }
  const CsvRow heading = csv_cells(line);
  const auto column = [&](const char* name) {
    return static_cast<std::size_t>(std::find(heading.begin(), heading.end(), name) - heading.begin());
  };
  const std::size_t name = column("case"), organ = column("organ"), dice = column("dice"),
                    out = column("left_out");
  while (std::getline(in, line)) {
    const CsvRow cells = csv_cells(line);
    if (std::max({name, organ, dice, out}) >= cells.size() || cells[dice].empty() || !cells[out].empty())
      continue;
    if (Arrival* arrival = find(arrivals, cells[name]))
      arrival->figures["edited " + cells[organ]] = std::strtod(cells[dice].c_str(), nullptr);
  }
}

}  // namespace anatomynet::acceptance

#include "cli/evaluate/evaluate_anonymise.h"

#include <algorithm>

#include "core/known_organs.h"
#include "core/text.h"
#include "pipeline/key_file.h"

namespace anatomynet::cli {
namespace {

namespace fs = std::filesystem;
using Names = std::map<std::string, std::string>;

std::map<std::string, fs::path> paths_by_id(const std::vector<const evaluation::CaseFiles*>& sides) {
  std::map<std::string, fs::path> paths;
  for (const evaluation::CaseFiles* side : sides)
    for (const evaluation::CaseFile& c : side->cases) paths.emplace(c.id, c.path);
  return paths;
}

void hide(evaluation::Evaluation& evaluation, const char* predicted, const Names& organs) {
  evaluation.predicted = predicted;
  evaluation.truth = "truth";
  for (evaluation::FailedCase& c : evaluation.failed) c.why = "the message of the run says where and why";
  for (evaluation::EvaluationRow& row : evaluation.rows)
    if (const auto it = organs.find(row.organ); it != organs.end()) row.organ = it->second;
}

}  // namespace

Names anonymous_names(const std::vector<const evaluation::CaseFiles*>& sides, const fs::path& key,
                      const fs::path& output) {
  const pipeline::KeyFile file{key, {"case", "id", "path"}, "evaluation"};
  std::map<int, CsvRow> lines = file.read(output);
  std::map<std::string, int> known;
  for (const auto& [number, line] : lines) known.emplace(line[1], number);
  const auto paths = paths_by_id(sides);
  int last = lines.empty() ? 0 : lines.rbegin()->first;
  for (const auto& [id, path] : paths) {
    const auto own = pipeline::number_of_case(id);
    if (own && !lines.contains(*own)) known.emplace(percent_encoded(id), *own);
    last = std::max(last, own.value_or(0));
  }
  Names names;
  for (const auto& [id, path] : paths) {
    const auto [it, fresh] = known.emplace(percent_encoded(id), last + 1);
    if (fresh) ++last;
    names[id] = pipeline::numbered_case(it->second);
    lines[it->second] = {names[id], percent_encoded(id), percent_encoded(fs::absolute(path))};
  }
  file.write(lines);
  return names;
}

void rename_cases(evaluation::CasePairs& pairs, const Names& names) {
  for (evaluation::CasePair& pair : pairs.pairs) pair.name = names.at(pair.name);
  for (auto* ids : {&pairs.without_truth, &pairs.without_prediction})
    for (std::string& id : *ids) id = names.at(id);
}

Names hide_inputs(report::EvaluationReport& report, const evaluation::EvaluateOptions& how) {
  std::vector<evaluation::EvaluationRow> rows = report.evaluation.rows;
  if (report.against) rows.insert(rows.end(), report.against->rows.begin(), report.against->rows.end());
  Names organs;
  for (const std::string& organ : evaluation::organs_of(rows)) {
    const bool given = std::find(how.organs.begin(), how.organs.end(), organ) != how.organs.end();
    if (given || find_organ(known_organs(), organ) || find_organ(how.labels.organs, organ)) continue;
    organs.emplace(organ, "ROI_" + std::to_string(organs.size() + 1));
  }
  hide(report.evaluation, "predictions", organs);
  if (report.against) hide(*report.against, "other predictions", organs);
  std::map<std::string, double> tolerances;
  for (const auto& [organ, mm] : report.tolerances)
    tolerances.emplace(organs.contains(organ) ? organs.at(organ) : organ, mm);
  report.tolerances = std::move(tolerances);
  for (evaluation::PairedFigure& figure : report.paired)
    if (const auto it = organs.find(figure.organ); it != organs.end()) figure.organ = it->second;
  for (report::EvaluationReport::Picture& picture : report.pictures)
    if (const auto it = organs.find(picture.organ); it != organs.end()) picture.organ = it->second;
  return organs;
}

}  // namespace anatomynet::cli

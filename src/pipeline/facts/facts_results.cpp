#include <algorithm>
#include <map>

#include "core/csv.h"
#include "core/error.h"
#include "core/input_file.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/text.h"
#include "curation/dataset_folder.h"
#include "pipeline/facts/facts.h"
#include "report/records/summary.h"

namespace anatomynet::pipeline {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t longest_table = 256u << 20;  // bytes

bool file_exists(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error);
}

Facts said(const std::vector<std::string>& texts) {
  Facts list = Facts::array();
  for (const std::string& text : texts) list.push_back(clean_text(text, longest_message));
  return list;
}

struct Wholeness {
  std::size_t files = 0;
  std::string model;
  ManifestChanges changes;
  std::string problem;
};

Wholeness wholeness_of(const fs::path& folder) {
  Wholeness w;
  const auto manifest = read_manifest(folder);
  if (!manifest) {
    w.problem = file_exists(folder / Manifest::name)
                    ? "manifest.json is damaged"
                    : "no manifest.json: the run that wrote here did not end";
    return w;
  }
  w.files = manifest->files.size();
  w.model = manifest->facts.model;
  w.changes = changes_since(folder, *manifest);
  if (!w.changes.none()) w.problem = "files are missing or were changed after they were written";
  return w;
}

// How many cases have an organ, by organ id.
std::map<int, std::size_t> annotated_in(const std::vector<curation::DatasetCase>& cases) {
  std::map<int, std::size_t> counts;
  for (const curation::DatasetCase& c : cases)
    for (const int id : c.annotated) ++counts[id];
  return counts;
}

struct Table {
  CsvRow heading, last;
  std::size_t rows = 0;
};

Table read_table(const fs::path& file) {
  Table table;
  if (!file_exists(file)) return table;
  const std::string text = read_file(file, longest_table);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    CsvRow cells = csv_cells(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (table.heading.empty()) {
      table.heading = std::move(cells);
      continue;
    }
    ++table.rows;
    table.last = std::move(cells);
  }
  return table;
}

Facts last_row(const Table& table) {
  Facts row = Facts::object();
  for (std::size_t i = 0; i < std::min(table.heading.size(), table.last.size()); ++i)
    row[clean_text(table.heading[i], longest_value)] = clean_text(table.last[i], longest_value);
  return row;
}

std::vector<fs::path> case_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (!it->path().filename().native().starts_with('.') && it->is_directory(error) && is_result(it->path()))
      folders.push_back(it->path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

bool is_result(const fs::path& folder) {
  if (file_exists(folder / "dataset.json")) return false;
  return file_exists(folder / "summary.json") &&
         (file_exists(folder / Manifest::name) || file_exists(folder / "masks"));
}

Facts result_facts(const fs::path& folder, const FactOptions& options) {
  const Wholeness w = wholeness_of(folder);
  Facts facts{{"kind", "results"},
              {"whole", w.problem.empty()},
              {"problem", w.problem},
              {"files", w.files},
              {"missing_files", said(w.changes.missing)},
              {"changed_files", said(w.changes.changed)}};
  const fs::path file = folder / "summary.json";
  const Facts summary = read_json<Facts>(file);
  reading_json(file.string(), ErrorKind::input, [&] {
    const Facts& grid = summary.at("grid");
    Facts organs = Facts::array();
    for (const Facts& organ : summary.at("organs"))
      organs.push_back({{"id", organ.at("id")},
                        {"name", organ.at("name")},
                        {"ml", organ.at("ml")},
                        {"voxels", organ.at("voxels")}});
    if (options.patient) facts["input"] = summary.at("input");
    add_facts(facts,
              {{"program", summary.at("program")},
               {"model", summary.at("model").at("id")},
               {"phantom_only", summary.at("model").at("phantom_only")},
               {"engine", summary.at("engine")},
               {"grid", {{"size_xyz", grid.at("size_xyz")}, {"spacing_xyz_mm", grid.at("spacing_xyz_mm")}}},
               {"organs", organs},
               {"check", summary.value("check", Facts::array())},
               {"warnings", summary.at("warnings")}});
    return 0;
  });
  return facts;
}

bool is_batch_result(const fs::path& folder) {
  return file_exists(folder / "summary.csv") && !case_folders(folder).empty();
}

Facts batch_result_facts(const fs::path& folder) {
  Facts cases = Facts::array();
  std::size_t whole = 0;
  for (const fs::path& one : case_folders(folder)) {
    const Wholeness w = wholeness_of(one);
    whole += w.problem.empty();
    cases.push_back({{"case", clean_text(one.filename().string(), longest_value)},
                     {"whole", w.problem.empty()},
                     {"files", w.files},
                     {"model", clean_text(w.model, longest_value)},
                     {"problem", w.problem}});
  }
  return {{"kind", "batch-results"},
          {"whole_cases", whole},
          {"lines_in_summary_csv", read_table(folder / "summary.csv").rows},
          {"cases", cases}};
}

Facts dataset_facts(const fs::path& folder) {
  const curation::DatasetFolder set =
      curation::read_dataset_folder(folder, curation::AbsentFiles::cost_the_case);
  const auto training = annotated_in(set.training), validation = annotated_in(set.validation);
  const auto count = [](const auto& counts, int id) {
    const auto found = counts.find(id);
    return found == counts.end() ? std::size_t{0} : found->second;
  };
  Facts organs = Facts::array();
  for (const Organ& organ : set.organs)
    organs.push_back({{"id", organ.id},
                      {"name", clean_text(organ.name, longest_value)},
                      {"training_cases", count(training, organ.id)},
                      {"validation_cases", count(validation, organ.id)}});
  std::size_t absent = 0;
  for (const auto* cases : {&set.training, &set.validation})
    for (const curation::DatasetCase& c : *cases) absent += !file_exists(c.image) || !file_exists(c.labels);
  return {{"kind", "data-set"},
          {"description", clean_text(set.description, longest_message)},
          {"attribution", clean_text(set.attribution, longest_message)},
          {"training_cases", set.training.size()},
          {"validation_cases", set.validation.size()},
          {"cases_without_organs", said(set.without_organs)},
          {"cases_with_absent_files", absent},
          {"curated_by_anatomynet", file_exists(folder / "curation.json")},
          {"organs", organs}};
}

bool is_training_run(const fs::path& folder) {
  return file_exists(folder / "checkpoint.pt") ||
         (file_exists(folder / "best.safetensors") && file_exists(folder / "steps.csv"));
}

Facts training_run_facts(const fs::path& folder) {
  const Table steps = read_table(folder / "steps.csv"), validations = read_table(folder / "validation.csv");
  Facts facts{{"kind", "training-run"},       {"can_resume", file_exists(folder / "checkpoint.pt")},
              {"steps", steps.rows},          {"validations", validations.rows},
              {"last_step", last_row(steps)}, {"last_validation", last_row(validations)}};
  if (file_exists(folder / "best.safetensors")) {
    const Facts weights = weights_facts(folder / "best.safetensors");
    Facts& best = facts["best_weights"] = Facts::object();
    for (const auto& [key, value] : weights.items())
      if (key != "kind") best[key] = value;
  }
  return facts;
}

}  // namespace anatomynet::pipeline

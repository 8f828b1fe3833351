#include "review/edit_records.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "core/csv.h"
#include "core/error.h"
#include "core/json.h"
#include "core/text.h"

namespace anatomynet::review {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr const char* keys[] = {"before_ml",
                                "after_ml",
                                "slices",
                                "dice",
                                "surface_dice",
                                "hd95_mm",
                                "mean_surface_mm",
                                "volume_ml",
                                "volume_percent",
                                "added_path_mm",
                                "added_path_mm_per_slice",
                                "tolerance_mm"};

void read_store(const fs::path& store, std::vector<EditRecord>& records) {
  const fs::path file = store / "edits.json";
  reading_json(file.string(), ErrorKind::input, [&] {
    const json all = read_json(file);
    for (const json& organ : all.at("organs")) {
      EditRecord one;
      one.store = store;
      one.case_name = all.at("case");
      one.model = all.at("model");
      one.weights = all.value("weights", "");  // and others that earlier versions did not write
      one.template_file = all.value("template", "");
      one.template_sha256 = all.value("template_sha256", "");
      one.role = all.value("role", "");
      one.reviewer = all.at("reviewer");
      one.at = all.at("at");
      one.version = all.at("version");
      one.organ = organ.at("name");
      one.generation = organ.at("generation");
      one.unchanged = organ.at("unchanged");
      one.drawn_new = organ.at("drawn_new");
      one.seconds = organ.at("seconds");
      for (const char* key : keys)
        if (organ.contains(key) && organ[key].is_number()) one.figures[key] = organ[key];
      records.push_back(std::move(one));
    }
  });
}

std::string cell(const std::optional<double>& value) { return value ? csv_number(*value) : ""; }

}  // namespace

std::optional<double> EditRecord::figure(const std::string& key) const {
  if (key == "seconds") return seconds;
  const auto found = figures.find(key);
  return found == figures.end() ? std::nullopt : std::optional(found->second);
}

const std::vector<std::string>& grouping_names() {
  static const std::vector<std::string> names{"organ", "model", "weights", "template", "reviewer", "role"};
  return names;
}

std::string group_of(const EditRecord& record, Grouping by) {
  constexpr std::size_t digits = 12;
  switch (by) {
    case Grouping::organ:
      break;
    case Grouping::model:
      return record.model;
    case Grouping::weights:
      return record.weights;
    case Grouping::structure_template:
      return record.template_sha256.empty()
                 ? record.template_file
                 : record.template_file + " " + record.template_sha256.substr(0, digits);
    case Grouping::reviewer:
      return record.reviewer;
    case Grouping::role:
      return record.role;
  }
  return record.organ;
}

std::vector<EditRecord> read_edit_records(const std::vector<fs::path>& folders,
                                          std::vector<std::string>& notes) {
  std::set<fs::path> stores;
  for (const fs::path& folder : folders) {
    std::error_code error;
    const std::size_t before = stores.size();
    const auto skip = fs::directory_options::skip_permission_denied;
    if (fs::exists(folder / "case.json", error) && fs::exists(folder / "versions", error))
      stores.insert(folder);
    for (fs::recursive_directory_iterator it(folder, skip, error), end; !error && it != end;
         it.increment(error))
      if (it->path().filename() == "case.json" && fs::exists(it->path().parent_path() / "versions"))
        stores.insert(it->path().parent_path());
    if (error) notes.push_back(folder.string() + ": cannot be read: " + error.message());
    if (stores.size() == before) notes.push_back(folder.string() + ": holds no store of a review");
  }
  std::vector<EditRecord> records;
  for (const fs::path& store : stores) {
    if (!fs::exists(store / "edits.json")) {
      notes.push_back(store.string() + ": is not approved; left out");
      continue;
    }
    try {
      read_store(store, records);
    } catch (const Error& error) {
      notes.push_back(std::string(error.what()) + "; left out");
    }
  }
  std::stable_sort(records.begin(), records.end(), [](const EditRecord& a, const EditRecord& b) {
    return std::pair(a.at, a.store) < std::pair(b.at, b.store);
  });
  return records;
}

std::string records_table(const std::vector<EditRecord>& records) {
  CsvRow head{"store", "case", "model", "weights",    "template",  "template_sha256", "version", "reviewer",
              "role",  "at",   "organ", "generation", "drawn_new", "unchanged",       "seconds"};
  head.insert(head.end(), std::begin(keys), std::end(keys));
  std::string out = csv_line(head);
  for (const EditRecord& one : records) {
    CsvRow row{one.store.string(),
               one.case_name,
               one.model,
               one.weights,
               one.template_file,
               one.template_sha256,
               std::to_string(one.version),
               one.reviewer,
               one.role,
               one.at,
               one.organ,
               one.generation,
               one.drawn_new ? "yes" : "no",
               one.unchanged ? "yes" : "no",
               csv_number(one.seconds)};
    for (const char* key : keys) row.push_back(cell(one.figure(key)));
    out += csv_line(row);
  }
  return out;
}

}  // namespace anatomynet::review

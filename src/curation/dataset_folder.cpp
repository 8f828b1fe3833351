#include "curation/dataset_folder.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace anatomynet {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

[[noreturn]] void fail(const fs::path& where, const std::string& why) {
  throw Error(ErrorKind::input, where.string() + ": " + why);
}

json parse(const fs::path& file) {
  std::ifstream in(file);
  if (!in) fail(file, "cannot be opened, expected a data set's description (nnU-Net v2 layout)");
  try {
    return json::parse(in);
  } catch (const json::exception& e) {
    fail(file, std::string("is not valid JSON: ") + e.what());
  }
}

// Colours for organs that the standard table does not know, far apart in hue.
std::array<std::uint8_t, 3> spare_colour(int index) {
  constexpr std::array<std::array<std::uint8_t, 3>, 6> colours{
      {{240, 163, 255}, {0, 117, 220}, {153, 63, 0}, {43, 206, 72}, {255, 204, 153}, {148, 255, 181}}};
  return colours[static_cast<std::size_t>(index) % colours.size()];
}

void read_organs(const json& labels, const fs::path& file, DatasetFolder& set) {
  std::map<int, std::string> by_value;
  for (const auto& [name, value] : labels.items()) {
    if (!value.is_number_integer())
      fail(file, "label '" + name + "' is no integer; region-based labels are not supported");
    const int v = value.get<int>();
    if (v < 0 || v > 255)
      fail(file, "label '" + name + "' has value " + std::to_string(v) + ", expected 0 to 255");
    if (v == 0 || name == "ignore") continue;
    if (!by_value.emplace(v, name).second) fail(file, "value " + std::to_string(v) + " has two labels");
  }
  if (by_value.empty()) fail(file, "\"labels\" names no organ");
  std::set<int> taken;
  for (const Organ& organ : standard_organs()) taken.insert(organ.id);
  for (const auto& [value, name] : by_value) {
    Organ organ;
    if (const Organ* standard = find_organ(standard_organs(), name)) {
      organ = *standard;
    } else {
      // A foreign organ keeps its value unless a standard organ owns that id.
      int id = value;
      while (taken.contains(id)) ++id;
      if (id > 255) fail(file, "more organs than ids 1 to 255 can hold");
      organ = {.id = id, .name = name, .colour = spare_colour(id)};
    }
    taken.insert(organ.id);
    set.organ_of_value[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(organ.id);
    set.organs.push_back(organ);
  }
}

std::map<std::string, DatasetCase> find_cases(const json& description, const fs::path& folder,
                                              const fs::path& file) {
  std::map<std::string, DatasetCase> cases;
  if (description.contains("dataset")) {
    for (const auto& [id, entry] : description.at("dataset").items()) {
      const fs::path image = entry.at("images").at(0).get<std::string>(),
                     label = entry.at("label").get<std::string>();
      cases[id] = {id, folder / image, folder / label, {}};
    }
  } else {
    const auto ending = description.value("file_ending", std::string(".nii.gz"));
    const fs::path labels = folder / "labelsTr";
    std::error_code error;
    for (fs::directory_iterator it(labels, error), end; !error && it != end; it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (!name.ends_with(ending)) continue;
      const std::string id = name.substr(0, name.size() - ending.size());
      cases[id] = {id, folder / "imagesTr" / (id + "_0000" + ending), it->path(), {}};
    }
    if (error) fail(labels, error.message());
  }
  for (const auto& [id, c] : cases) {
    for (const fs::path& part : {c.image, c.labels})
      if (!fs::exists(part)) fail(file, "case " + id + ": " + part.string() + " does not exist");
  }
  if (cases.empty()) fail(file, "the data set has no cases (no files in labelsTr, no \"dataset\" list)");
  return cases;
}

std::set<std::string> validation_ids(const fs::path& folder) {
  const fs::path file = folder / "splits_final.json";
  if (!fs::exists(file)) return {};
  const json splits = parse(file);
  const auto ids = splits.at(0).at("val").get<std::vector<std::string>>();
  return {ids.begin(), ids.end()};
}

}  // namespace

DatasetFolder read_dataset_folder(const fs::path& folder) {
  const fs::path file = folder / "dataset.json";
  const json description = parse(file);
  DatasetFolder set;
  try {
    read_organs(description.at("labels"), file, set);
    set.description = description.value("description", folder.filename().string());
    set.attribution = description.value("attribution", "");
    auto cases = find_cases(description, folder, file);
    const json annotated = description.value("annotated", json::object());
    for (const auto& [id, names] : annotated.items()) {
      if (!cases.contains(id)) fail(file, "\"annotated\" lists case " + id + ", which the set does not have");
    }
    for (auto& [id, c] : cases) {
      if (!annotated.contains(id)) {
        for (const Organ& organ : set.organs) c.annotated.push_back(organ.id);
        continue;
      }
      for (const auto& name : annotated.at(id).get<std::vector<std::string>>()) {
        const Organ* organ = find_organ(set.organs, name);
        if (!organ)
          fail(file, "case " + id + ": \"annotated\" names '" + name + "', which is not among the labels");
        c.annotated.push_back(organ->id);
      }
    }
    const auto held_out = validation_ids(folder);
    for (const auto& id : held_out)
      if (!cases.contains(id)) fail(folder / "splits_final.json", "case " + id + " is not in the data set");
    for (auto& [id, c] : cases) {
      if (!c.annotated.empty()) (held_out.contains(id) ? set.validation : set.training).push_back(c);
    }
  } catch (const json::exception& e) {
    fail(file, std::string("a key is missing or of the wrong type: ") + e.what());
  }
  return set;
}

}  // namespace anatomynet

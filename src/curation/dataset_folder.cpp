#include "curation/dataset_folder.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/file_name.h"
#include "core/json.h"
#include "core/json_text.h"

namespace anatomynet {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

[[noreturn]] void fail(const fs::path& where, const std::string& why) {
  throw Error(ErrorKind::input, where.string() + ": " + why);
}

// nnU-Net v1 names labels by value ("1": "Brainstem"), v2 values by label ("Brainstem": 1).
void require_second_version(const json& labels, const fs::path& file) {
  if (!labels.is_object())
    fail(file, "\"labels\" is no object; expected nnU-Net v2's \"labels\": {\"Brainstem\": 1}");
  for (const auto& [name, value] : labels.items()) {
    const bool number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
    if (number && value.is_string())
      fail(file, "is nnU-Net v1's description (\"labels\": {\"" + name + "\": " + value.dump() +
                     "}); expected version 2's (\"labels\": {" + value.dump() + ": " + name +
                     "}), so convert the data set with nnUNetv2_convert_old_nnUNet_dataset");
  }
}

// Ids become names of files.
void require_plain_id(const std::string& id, const fs::path& file) {
  const bool plain =
      !id.empty() && id != "." && id != ".." && id.size() < 200 &&
      std::none_of(id.begin(), id.end(), [](unsigned char c) { return c < 0x20 || c == '/' || c == 0x7f; });
  if (!plain) fail(file, "case id " + json(id).dump() + " cannot be the name of a file");
}

// Colours for organs that the standard table does not know, far apart in hue.
std::array<std::uint8_t, 3> spare_colour(int index) {
  constexpr std::array<std::array<std::uint8_t, 3>, 6> colours{
      {{240, 163, 255}, {0, 117, 220}, {153, 63, 0}, {43, 206, 72}, {255, 204, 153}, {148, 255, 181}}};
  return colours[static_cast<std::size_t>(index) % colours.size()];
}

// Label names by value in the label files, background left out.
std::map<int, std::string> organ_names(const json& labels, const fs::path& file) {
  std::map<int, std::string> by_value;
  for (const auto& [name, value] : labels.items()) {
    if (name == "ignore") {
      fail(file,
           "label 'ignore' is not supported: an area that nobody has labelled would be read as background; "
           "list "
           "each case's annotated organs under \"annotated\" instead");
    }
    if (!value.is_number_integer())
      fail(file, "label '" + name + "' is no integer; region-based labels are not supported");
    const auto v = value.get<std::int64_t>();
    if (v < 0 || v > 255)
      fail(file, "label '" + name + "' has value " + json_text(value) + ", expected 0 to 255");
    if (v == 0) continue;
    if (const std::string wrong = wrong_with_file_name(name); !wrong.empty())
      fail(file, "label '" + name + "' " + wrong + "; an organ's name becomes that of files");
    if (!by_value.emplace(static_cast<int>(v), name).second)
      fail(file, "value " + std::to_string(v) + " has two labels");
  }
  if (by_value.empty()) fail(file, "\"labels\" names no organ");
  return by_value;
}

// A foreign organ keeps its value as id unless a standard organ owns that id.
void read_organs(const json& labels, const fs::path& file, DatasetFolder& set) {
  const auto by_value = organ_names(labels, file);
  std::set<int> taken;
  for (const Organ& organ : standard_organs()) taken.insert(organ.id);
  std::map<int, std::string> label_of;  // organ id -> label in the file
  std::map<int, int> id_of;             // value -> organ id
  for (const auto& [value, name] : by_value) {
    const Organ* standard = find_organ(standard_organs(), name);
    if (!standard && !taken.contains(value)) id_of[value] = value;
    if (!standard) continue;
    const auto [same, added] = label_of.emplace(standard->id, name);
    if (!added) fail(file, "labels '" + same->second + "' and '" + name + "' are the same organ");
    id_of[value] = standard->id;
  }
  for (const auto& [value, id] : id_of) taken.insert(id);
  for (const auto& [value, name] : by_value) {
    if (!id_of.contains(value)) {
      int id = 1;
      while (taken.contains(id)) ++id;
      if (id > 255) fail(file, "more organs than ids 1 to 255 can hold");
      taken.insert(id);
      id_of[value] = id;
    }
    const int id = id_of.at(value);
    const Organ* standard = find_organ(standard_organs(), name);
    set.organs.push_back(standard ? *standard : Organ{.id = id, .name = name, .colour = spare_colour(id)});
    set.organ_of_value[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(id);
  }
}

std::map<std::string, DatasetCase> find_cases(const json& description, const fs::path& folder,
                                              const fs::path& file) {
  std::map<std::string, DatasetCase> cases;
  std::error_code error;
  if (description.contains("dataset")) {
    for (const auto& [id, entry] : description.at("dataset").items()) {
      require_plain_id(id, file);
      const fs::path image = entry.at("images").at(0).get<std::string>(),
                     label = entry.at("label").get<std::string>();
      cases[id] = {id, folder / image, folder / label, {}};
    }
  } else {
    const auto ending = description.value("file_ending", std::string(".nii.gz"));
    const fs::path labels = folder / "labelsTr";
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
      if (!fs::exists(part, error)) fail(file, "case " + id + ": " + part.string() + " does not exist");
  }
  if (cases.empty()) fail(file, "the data set has no cases (no files in labelsTr, no \"dataset\" list)");
  return cases;
}

// The first fold: what to train on and what to hold out. Without a "train" list all that is not held out.
struct Fold {
  std::set<std::string> train, held_out;
};

Fold first_fold(const fs::path& folder, const std::map<std::string, DatasetCase>& cases) {
  Fold fold;
  for (const auto& [id, c] : cases) fold.train.insert(id);
  const fs::path file = folder / "splits_final.json";
  std::error_code error;
  if (!fs::exists(file, error)) return fold;
  const json splits = read_json(file);
  return reading_json(file.string(), ErrorKind::input, [&] {
    const json& first = splits.at(0);
    fold.held_out = first.at("val").get<std::set<std::string>>();
    if (first.contains("train")) {
      fold.train = first.at("train").get<std::set<std::string>>();
      for (const auto& id : fold.held_out)
        if (fold.train.contains(id)) fail(file, "case " + id + " is in both \"train\" and \"val\"");
    }
    for (const auto* list : {&fold.train, &fold.held_out})
      for (const auto& id : *list)
        if (!cases.contains(id)) fail(file, "case " + id + " is not in the data set");
    return fold;
  });
}

}  // namespace

DatasetFolder read_dataset_folder(const fs::path& folder) {
  const fs::path file = folder / "dataset.json";
  std::error_code error;
  if (!fs::exists(file, error))
    fail(file, "cannot be opened, expected a data set's description (nnU-Net v2 layout)");
  const json description = read_json(file);
  return reading_json(file.string(), ErrorKind::input, [&] {
    DatasetFolder set;
    require_second_version(description.at("labels"), file);
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
    const Fold fold = first_fold(folder, cases);
    for (const auto& [id, c] : cases) {
      const bool held_out = fold.held_out.contains(id);
      if (!held_out && !fold.train.contains(id)) continue;
      if (c.annotated.empty()) {
        set.without_organs.push_back(id);
      } else {
        (held_out ? set.validation : set.training).push_back(c);
      }
    }
    return set;
  });
}

}  // namespace anatomynet

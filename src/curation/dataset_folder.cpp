#include "curation/dataset_folder.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/file_name.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/known_organs.h"

namespace anatomynet::curation {
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
    const bool number =
        !name.empty() && name != "0" && name.find_first_not_of("0123456789") == std::string::npos;
    if (number && value.is_string())
      fail(file, "is nnU-Net v1's description (\"labels\": {\"" + name + "\": " + json_text(value) +
                     "}); expected version 2's (\"labels\": {" + json_text(value) + ": " + name +
                     "}), so convert the data set with nnUNetv2_convert_old_nnUNet_dataset");
  }
}

// Ids become names of files.
void require_plain_id(const std::string& id, const fs::path& file) {
  const bool plain =
      !id.empty() && id != "." && id != ".." && id.size() < 200 &&
      std::none_of(id.begin(), id.end(), [](unsigned char c) { return c < 0x20 || c == '/' || c == 0x7f; });
  if (!plain) fail(file, "case id " + json_text(json(id)) + " cannot be the name of a file");
}

// Colours for organs that the standard table does not know, far apart in hue.
std::array<std::uint8_t, 3> spare_colour(int index) {
  constexpr std::array<std::array<std::uint8_t, 3>, 6> colours{
      {{240, 163, 255}, {0, 117, 220}, {153, 63, 0}, {43, 206, 72}, {255, 204, 153}, {148, 255, 181}}};
  return colours[static_cast<std::size_t>(index) % colours.size()];
}

// Label names by value in the label files.
std::map<int, std::string> organ_names(const json& labels, const fs::path& file) {
  std::map<int, std::string> by_value;
  for (const auto& [name, value] : labels.items()) {
    if (name == "ignore") {
      fail(file,
           "label 'ignore' is not supported: an area that nobody has labelled would be read as background; "
           "list "
           "each case's annotated organs under \"annotated\" instead");
    }
    if (const std::string wrong = wrong_with_file_name(name); !wrong.empty())
      fail(file, "label '" + name + "' " + wrong + "; an organ's name becomes that of files");
    for (const json& one : value.is_array() ? value : json::array({value})) {
      if (!one.is_number_integer()) fail(file, "label '" + name + "' is no integer or list of integers");
      const auto v = one.get<std::int64_t>();
      if (v < 0 || v > 255)
        fail(file, "label '" + name + "' has value " + json_text(one) + ", expected 0 to 255");
      const auto [other, added] = by_value.emplace(static_cast<int>(v), name);
      if (!added)
        fail(file, "value " + std::to_string(v) + " has two labels, '" + other->second + "' and '" + name +
                       "'; region-based labels are not supported");
    }
  }
  by_value.emplace(0, "background");
  return by_value;
}

// A foreign organ keeps its value as id unless an organ that the program knows owns that id.
void read_organs(const json& labels, const fs::path& file, DatasetFolder& set) {
  auto by_value = organ_names(labels, file);
  const std::string background = by_value.at(0);
  for (const auto& [value, name] : by_value) set.named_value[static_cast<std::size_t>(value)] = true;
  std::erase_if(by_value, [&](const auto& one) { return one.second == background; });
  if (by_value.empty()) fail(file, "\"labels\" names no organ");
  std::set<int> taken;
  for (const Organ& organ : known_organs()) taken.insert(organ.id);
  std::map<int, std::string> label_of;  // organ id -> label in the file
  std::map<std::string, int> id_by_name;
  for (const auto& [value, name] : by_value) {
    const Organ* known = find_organ(known_organs(), name);
    if (id_by_name.contains(name) || (!known && taken.contains(value))) continue;
    if (known) {
      const auto [same, added] = label_of.emplace(known->id, name);
      if (!added) fail(file, "labels '" + same->second + "' and '" + name + "' are the same organ");
    }
    id_by_name[name] = known ? known->id : value;
  }
  for (const auto& [name, id] : id_by_name) taken.insert(id);
  for (const auto& [value, name] : by_value) {
    if (!id_by_name.contains(name)) {
      int id = 1;
      while (taken.contains(id)) ++id;
      if (id > 255) fail(file, "more organs than ids 1 to 255 can hold");
      taken.insert(id);
      id_by_name[name] = id;
    }
    const int id = id_by_name.at(name);
    set.organ_of_value[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(id);
    if (find_organ(set.organs, id)) continue;
    const Organ* known = find_organ(known_organs(), name);
    set.organs.push_back(known ? *known : Organ{.id = id, .name = name, .colour = spare_colour(id)});
  }
}

void require_files(const std::map<std::string, DatasetCase>& cases, const fs::path& file) {
  for (const auto& [id, c] : cases) {
    std::vector<fs::path> parts{c.image, c.labels};
    parts.insert(parts.end(), c.labels_over.begin(), c.labels_over.end());
    std::error_code error;
    for (const fs::path& part : parts)
      if (!fs::exists(part, error)) fail(file, "case " + id + ": " + part.string() + " does not exist");
  }
}

std::map<std::string, DatasetCase> find_cases(const json& description, const fs::path& folder,
                                              const fs::path& file) {
  std::map<std::string, DatasetCase> cases;
  std::error_code error;
  if (description.contains("dataset")) {
    for (const auto& [id, entry] : description.at("dataset").items()) {
      require_plain_id(id, file);
      const json& label = entry.at("label");
      DatasetCase& c = cases[id];
      c.id = id;
      c.image = folder / entry.at("images").at(0).get<std::string>();
      if (label.is_array() && label.empty()) fail(file, "case " + id + ": \"label\" is an empty list");
      c.labels = folder / (label.is_array() ? label.at(0) : label).get<std::string>();
      for (std::size_t i = 1; label.is_array() && i < label.size(); ++i)
        c.labels_over.push_back(folder / label[i].get<std::string>());
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
    // Annotations of one scan by two people are two cases: the scan must not be learnt from and measured on.
    std::map<fs::path, std::string> trained;
    for (const auto& id : fold.train) trained.emplace(cases.at(id).image.lexically_normal(), id);
    for (const auto& id : fold.held_out) {
      const auto same = trained.find(cases.at(id).image.lexically_normal());
      if (same != trained.end() && !fold.held_out.contains(same->second))
        fail(file, "cases " + same->second + " (\"train\") and " + id + " (\"val\") have the same image");
    }
    return fold;
  });
}

const Organ& organ_named(const DatasetFolder& set, const std::string& name, const std::string& key,
                         const std::string& id, const fs::path& file) {
  const Organ* organ = find_organ(set.organs, name);
  if (!organ)
    fail(file, "case " + id + ": \"" + key + "\" names '" + name + "', which is not among the labels");
  return *organ;
}

// "annotated": all organs where the case is not listed, a list of names, or names with weights.
void read_annotated(const json& annotated, const DatasetFolder& set, const fs::path& file, DatasetCase& c) {
  if (!annotated.contains(c.id)) {
    for (const Organ& organ : set.organs) c.annotated.push_back(organ.id);
    return;
  }
  const json& given = annotated.at(c.id);
  if (!given.is_object()) {
    for (const auto& name : given.get<std::vector<std::string>>())
      c.annotated.push_back(organ_named(set, name, "annotated", c.id, file).id);
    return;
  }
  for (const auto& [name, weight] : given.items()) {
    const int id = organ_named(set, name, "annotated", c.id, file).id;
    const auto w = weight.get<float>();
    if (!(w > 0 && w <= 100))
      fail(file, "case " + c.id + ": the weight of '" + name + "' is " + json_text(weight) +
                     ", expected above 0 and at most 100");
    c.annotated.push_back(id);
    if (w != 1) c.weights[id] = w;
  }
}

}  // namespace

DatasetFolder read_dataset_folder(const fs::path& folder, AbsentFiles absent) {
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
    if (absent == AbsentFiles::cost_the_set) require_files(cases, file);
    const json annotated = description.value("annotated", json::object());
    for (const auto& [id, names] : annotated.items()) {
      if (!cases.contains(id)) fail(file, "\"annotated\" lists case " + id + ", which the set does not have");
    }
    for (auto& [id, c] : cases) read_annotated(annotated, set, file, c);
    const json partial_extent = description.value("partial_extent", json::object());
    for (const auto& [id, names] : partial_extent.items()) {
      const auto c = cases.find(id);
      if (c == cases.end())
        fail(file, "\"partial_extent\" lists case " + id + ", which the set does not have");
      for (const auto& name : names.get<std::vector<std::string>>())
        c->second.partial_extent.push_back(organ_named(set, name, "partial_extent", id, file).id);
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

}  // namespace anatomynet::curation

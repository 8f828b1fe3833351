#include "curation/roi_names.h"

#include <algorithm>

#include "core/checksum.h"
#include "core/error.h"
#include "core/file_name.h"
#include "core/input_file.h"
#include "core/known_organs.h"
#include "core/toml.h"
#include "curation/roi_words.h"
#include "curation/shipped_roi_names.h"

namespace anatomynet::curation {
namespace {

constexpr std::uint64_t largest_rules = 16u << 20;  // bytes

using Strings = std::vector<std::string>;

std::string joined(const Strings& words) {
  std::string all;
  for (const std::string& word : words) all += word;
  return all;
}

bool has(const Strings& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Strings strings(const toml::node_view<const toml::node>& node, const std::string& where,
                const std::string& key) {
  Strings out;
  if (!node) return out;
  const toml::array* array = node.as_array();
  if (array == nullptr) throw Error(ErrorKind::usage, where + ": " + key + " is no list of strings");
  for (const toml::node& item : *array) {
    const auto text = item.value<std::string>();
    if (!text || text->empty())
      throw Error(ErrorKind::usage, where + ": " + key + " holds something that is no name");
    out.push_back(*text);
  }
  return out;
}

// The organ of that name; a name that is not in the table yet is added to it.
int organ_id(OrganTable& organs, const std::string& name, Laterality side, const std::string& where) {
  if (const Organ* known = find_organ(organs, name)) return known->id;
  int id = 0;
  for (const Organ& organ : organs) id = std::max(id, organ.id);
  if (++id > 255) throw Error(ErrorKind::usage, where + ": more than 255 organs");
  if (const std::string wrong = wrong_with_file_name(name); !wrong.empty())
    throw Error(ErrorKind::usage, where + ": the organ's name '" + name + "' " + wrong);
  const Organ* coded = find_organ(known_organs(), name);  // its SNOMED code and colour; ids follow each other
  Organ organ = coded ? *coded : Organ{.name = name, .laterality = side};
  organ.id = id;
  organs.push_back(organ);
  return id;
}

}  // namespace

RoiNames RoiNames::shipped() {
  RoiNames names;
  names.organs_ = standard_organs();
  names.add_text(shipped_roi_names, "shipped ROI names");
  return names;
}

RoiNames RoiNames::shipped_with_more() {
  RoiNames names = shipped();
  names.add_text(shipped_more_roi_names, "shipped ROI names of more organs");
  return names;
}

void RoiNames::add(const std::filesystem::path& rules) {
  add_text(read_file(rules, largest_rules, ErrorKind::usage), rules.string());
}

void RoiNames::add_text(const std::string& text, const std::string& where) {
  fingerprint_ = checksum(text, fingerprint_ + checksum_start);
  const toml::table file = parse_toml(text, where);
  const toml::table& root = file;
  const auto append = [&](Strings& to, const char* table, const char* key) {
    const Strings more = strings(root[table][key], where, std::string(table) + "." + key);
    to.insert(to.end(), more.begin(), more.end());
  };
  append(words_.left, "sides", "left");
  append(words_.right, "sides", "right");
  append(words_.decoys, "decoy", "words");
  append(words_.decoy_parts, "decoy", "anywhere");
  const toml::array* list = root["organ"].as_array();
  if (list == nullptr) return;
  std::vector<Rule> added;
  for (const toml::node& node : *list) {
    const toml::table* table = node.as_table();
    if (table == nullptr) throw Error(ErrorKind::usage, where + ": organ is no [[organ]] table");
    const auto single = (*table)["organ"].value<std::string>();
    const auto left = (*table)["left"].value<std::string>(), right = (*table)["right"].value<std::string>();
    if (single ? (left || right) : !(left && right))
      throw Error(ErrorKind::usage,
                  where + ": an [[organ]] needs either \"organ\" or both \"left\" and \"right\"");
    Rule rule;
    if (single) rule.single = organ_id(organs_, *single, Laterality::none, where);
    if (left) rule.left = organ_id(organs_, *left, Laterality::left, where);
    if (right) rule.right = organ_id(organs_, *right, Laterality::right, where);
    for (const char* key : {"names", "sided"}) {
      for (const std::string& name : strings((*table)[key], where, key)) {
        rule.shown = name;
        rule.spelling = joined(roi_words(name));
        rule.needs_side = std::string(key) == "sided";
        added.push_back(rule);
      }
    }
  }
  rules_.insert(rules_.begin(), added.begin(), added.end());
}

// side: 0 none, 1 left, 2 right. An unpaired organ with a side is a half of it: no match.
const RoiNames::Rule* RoiNames::find(const std::string& name, int side) const {
  for (const Rule& rule : rules_) {
    if (rule.spelling != name || (side == 0 && rule.needs_side) || (side != 0 && rule.single != 0)) continue;
    return &rule;
  }
  return nullptr;
}

NamedOrgan RoiNames::operator()(const std::string& name) const {
  Strings words = roi_words(name);
  NamedOrgan found = read(words);
  // Planning systems number what they copy: "brainstem1" is the first; a 2 may be anything.
  if (found.verdict != NamedOrgan::Verdict::unknown || words.size() < 2 || words.back() != "1") return found;
  words.pop_back();
  NamedOrgan first = read(words);
  if (first.verdict != NamedOrgan::Verdict::organ) return found;
  first.reason += ", the number 1 left aside";
  return first;
}

NamedOrgan RoiNames::read(const std::vector<std::string>& words) const {
  using Verdict = NamedOrgan::Verdict;
  const std::string all = joined(words);
  const auto match = [](const Rule& rule, int side) {
    NamedOrgan found;
    found.verdict = rule.single == 0 && side == 0 ? Verdict::side_unknown : Verdict::organ;
    found.organ_id = rule.single != 0 ? rule.single : side == 2 ? rule.right : rule.left;
    if (found.verdict == Verdict::side_unknown) found.right_id = rule.right;
    found.reason = "named: " + rule.shown;
    return found;
  };
  const auto refused = [](Verdict verdict, const std::string& reason) {
    NamedOrgan found;
    found.verdict = verdict;
    found.reason = reason;
    return found;
  };
  if (const Rule* rule = find(all, 0)) return match(*rule, 0);

  // Side as words of their own.
  Strings rest;
  bool left = false, right = false;
  for (const std::string& word : words) {
    if (has(words_.left, word))
      left = true;
    else if (has(words_.right, word))
      right = true;
    else
      rest.push_back(word);
  }
  if (left != right)
    if (const Rule* rule = find(joined(rest), left ? 1 : 2)) return match(*rule, left ? 1 : 2);

  // Side glued to the name: what it leaves must be a name in full, and all readings must agree.
  if (!left || !right) {
    const Rule* glued = nullptr;
    int side = 0;
    bool agree = true;
    for (int which : {1, 2}) {
      for (const std::string& word : which == 1 ? words_.left : words_.right) {
        if (all.size() <= word.size()) continue;
        const Rule* rule = nullptr;
        if (all.compare(0, word.size(), word) == 0) rule = find(all.substr(word.size()), which);
        if (rule == nullptr && all.compare(all.size() - word.size(), word.size(), word) == 0)
          rule = find(all.substr(0, all.size() - word.size()), which);
        // "nod" may be a node, "don" or "leon" anything: short abbreviations take English sides only.
        if (rule == nullptr ||
            (rule->needs_side && !(word == "l" || word == "r" || word == "lt" || word == "rt")) ||
            (rule->needs_side && rule->spelling == "no"))
          continue;
        agree = agree && (glued == nullptr || (side == which && glued->left == rule->left));
        glued = rule;
        side = which;
      }
    }
    if (glued != nullptr && agree && !(left && side == 2) && !(right && side == 1))
      return match(*glued, side);
  }

  for (const std::string& part : words_.decoy_parts)
    if (all.find(part) != std::string::npos) return refused(Verdict::decoy, "decoy: " + part);
  for (const std::string& word : words)
    if (word == "~" || word == "+" || has(words_.decoys, word))
      return refused(Verdict::decoy, "decoy: " + word);
  if (left && right) return refused(Verdict::decoy, "decoy: both sides in one");
  return refused(Verdict::unknown, "unknown");
}

}  // namespace anatomynet::curation

#include "core/chosen_organs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <vector>

#include "core/error.h"
#include "core/nearest_key.h"

namespace anatomynet::core {
namespace {

constexpr std::size_t longest_name = 120;  // of an organ, core/file_name.h

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  for (std::size_t at = 0;;) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    items.push_back(trimmed(list.substr(at, comma - at)));
    if (comma == list.size()) return items;
    at = comma + 1;
  }
}

// The spelling as it is wins over one that differs in case.
const Organ* find_named(const OrganTable& organs, const std::string& name) {
  int id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error == std::errc{} && end == name.data() + name.size()) return find_organ(organs, id);
  if (const Organ* organ = find_organ(organs, name)) return organ;
  const auto it = std::find_if(organs.begin(), organs.end(), [wanted = lower(name)](const Organ& o) {
    return lower(o.name) == wanted || lower(o.pddca) == wanted;
  });
  return it == organs.end() ? nullptr : &*it;
}

// The three organs whose names are nearest, nearest first.
std::string nearest_of(const OrganTable& organs, const std::string& name) {
  const auto distance = [wanted = lower(name)](const Organ& o) {
    const std::size_t own = edit_distance(wanted, lower(o.name));
    return o.pddca.empty() ? own : std::min(own, edit_distance(wanted, lower(o.pddca)));
  };
  std::vector<std::pair<std::size_t, std::string>> names;
  for (const Organ& organ : organs) names.emplace_back(distance(organ), organ.name);
  std::stable_sort(names.begin(), names.end(), [](auto& a, auto& b) { return a.first < b.first; });
  names.resize(std::min<std::size_t>(names.size(), 3));
  std::string text;
  for (const auto& [far, nearest] : names) text += (text.empty() ? "" : ", ") + nearest;
  return text;
}

// Throws Error(usage) for a name that is not there.
const Organ& require_named(const OrganTable& organs, const std::string& name, const std::string& list,
                           const std::string& owner) {
  if (name.empty())
    throw Error(ErrorKind::usage, "--organs '" + list +
                                      "': expected names of organs separated by commas, such as " +
                                      organs.front().name + "," + organs.back().name);
  const std::string shown = name.substr(0, longest_name);
  const Organ* organ = name.size() > longest_name ? nullptr : find_named(organs, name);
  if (!organ)
    throw Error(ErrorKind::usage, "--organs: " + owner + " has no organ '" + shown + "'; the nearest are " +
                                      nearest_of(organs, shown) + " (of " + std::to_string(organs.size()) +
                                      ")");
  return *organ;
}

}  // namespace

OrganTable listed_organs(const OrganTable& organs, const std::string& list, const std::string& owner) {
  OrganTable listed;
  for (const std::string& name : split(list)) {
    const Organ& organ = require_named(organs, name, list, owner);
    if (find_organ(listed, organ.id))
      throw Error(ErrorKind::usage, "--organs: " + organ.name + " is listed twice");
    listed.push_back(organ);
  }
  return listed;
}

OrganTable chosen_organs(const OrganTable& organs, const std::string& list, const std::string& owner) {
  std::set<int> ids;
  const std::vector<std::string> names = split(list);
  if (names.size() == 1 && lower(names.front()) == "all") return organs;
  for (const std::string& name : names) ids.insert(require_named(organs, name, list, owner).id);
  OrganTable chosen;
  std::copy_if(organs.begin(), organs.end(), std::back_inserter(chosen),
               [&](const Organ& o) { return ids.contains(o.id); });
  return chosen;
}

void keep_labels(LabelVolume& labels, const OrganTable& kept) {
  std::array<std::uint8_t, 256> becomes{};
  for (const Organ& organ : kept)
    becomes[static_cast<std::size_t>(organ.id)] = static_cast<std::uint8_t>(organ.id);
  for (std::uint8_t& voxel : labels.voxels) voxel = becomes[voxel];
}

}  // namespace anatomynet::core

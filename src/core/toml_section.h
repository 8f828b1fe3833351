#pragma once
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/names.h"
#include "core/nearest_key.h"
#include "core/toml.h"

namespace anatomynet::core {

/// One table of a TOML file: takes known keys, and afterwards (`finish`) complains about those that nobody
/// took, naming the nearest known one. Errors are Error(usage) with file, line and key.
class Section {
 public:
  Section(const toml::table& table, std::string file, std::string name)
      : table_(table), file_(std::move(file)), name_(std::move(name)) {}

  template <class T>
  void take(std::string_view key, T& value) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto read = node->value<T>();
    if (!read) fail(*node, key, "has the wrong type");
    value = *read;
  }

  void take(std::string_view key, double& value, double low, double high) {
    take(key, value);
    check(key, value, low, high);
  }

  void take(std::string_view key, std::int64_t& value, double low, double high) {
    take(key, value);
    check(key, double(value), low, high);
  }

  /// Takes one of the words of `known` (strings).
  template <class Words>
  void take_one_of(std::string_view key, std::string& value, const Words& known) {
    take(key, value);
    const toml::node* node = find(key);
    if (!node || std::find(std::begin(known), std::end(known), value) != std::end(known)) return;
    std::string list;
    for (const auto& word : known) list += (list.empty() ? "" : ", ") + std::string(word);
    fail(*node, key, "must be one of " + list + ", is " + value + hint(value, known));
  }

  template <class T>
  std::vector<T> list(std::string_view key, std::size_t length) {
    std::vector<T> values;
    const toml::node* node = find(key);
    if (!node) return values;
    if (!node->is_array()) fail(*node, key, "is not a list");
    for (const auto& item : *node->as_array()) {
      const auto read = item.value<T>();
      if (!read) fail(*node, key, "holds an item of the wrong type");
      values.push_back(*read);
    }
    if (length && values.size() != length) fail(*node, key, "needs " + std::to_string(length) + " items");
    return values;
  }

  const toml::node* find(std::string_view key) {
    known_.insert(std::string(key));
    return table_.get(key);
  }

  void finish() const {
    for (const auto& [key, node] : table_)
      if (!known_.contains(std::string(key.str())))
        fail(node, key.str(), "is not a known key" + hint(key.str(), known_));
  }

  [[noreturn]] void fail(const toml::node& node, std::string_view key, const std::string& why) const {
    throw Error(ErrorKind::usage, file_ + ":" + std::to_string(node.source().begin.line) + ": " + name_ +
                                      std::string(key) + " " + why);
  }

  [[noreturn]] void fail_table(const std::string& why) const {
    throw Error(ErrorKind::usage, file_ + ":" + std::to_string(table_.source().begin.line) + ": [[" +
                                      name_.substr(0, name_.size() - 1) + "]] " + why);
  }

 private:
  void check(std::string_view key, double value, double low, double high) const {
    if (value >= low && value <= high) return;
    char range[80];
    std::snprintf(range, sizeof range, "must lie between %g and %g, is %g", low, high, value);
    fail(*table_.get(key), key, range);
  }

  template <class Words>
  static std::string hint(std::string_view word, const Words& known) {
    const std::string nearest(nearest_word(word, known));
    if (nearest.empty()) return "";
    const bool slip = edit_distance(word, nearest) <= 1 + word.size() / 4;
    return (slip ? "; did you mean " : "; the nearest is ") + nearest + (slip ? "?" : "");
  }

  const toml::table& table_;
  std::string file_, name_;
  std::set<std::string> known_;
};

/// The table under `key`, empty where there is none.
inline const toml::table& subtable(Section& parent, const std::string& key) {
  static const toml::table empty;
  const toml::node* node = parent.find(key);
  if (!node) return empty;
  if (!node->is_table()) parent.fail(*node, key, "must be a table");
  return *node->as_table();
}

}  // namespace anatomynet::core

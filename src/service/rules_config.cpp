#include "service/rules_config.h"

#include <algorithm>
#include <filesystem>

#include "core/toml_section.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

constexpr double most_slices = 100000, largest_field_mm = 10000;

std::vector<std::string_view> keywords() {
  std::vector<std::string_view> out;
  for (const MatchKey& key : match_keys()) out.push_back(key.keyword);
  return out;
}

void add_pattern(Section& section, const toml::node& node, const std::string& keyword, TagMatch& match) {
  const auto text = node.value<std::string>();
  if (!text) section.fail(node, keyword, "must be a pattern, or a list of patterns, such as \"*neck*\"");
  const bool negated = text->starts_with('!');
  const std::string pattern = negated ? text->substr(1) : *text;
  if (pattern.find_first_not_of(' ') == std::string::npos)
    section.fail(node, keyword,
                 "has an empty pattern; expected one such as \"*neck*\", or \"!?*\" for an attribute that is "
                 "absent or empty");
  (negated ? match.unwanted : match.wanted).push_back(pattern);
}

std::vector<TagMatch> read_match(const toml::table& table, const std::string& file) {
  std::vector<TagMatch> out;
  Section section(table, file, "rule.match.");
  const std::vector<std::string_view> known = keywords();
  for (const std::string_view keyword : known) {
    const toml::node* node = section.find(keyword);
    if (!node) continue;
    TagMatch match{std::string(keyword), {}, {}};
    if (const toml::array* list = node->as_array()) {
      if (list->empty()) section.fail(*node, keyword, "is an empty list; expected one pattern or more");
      for (const toml::node& item : *list) add_pattern(section, item, match.keyword, match);
    } else {
      add_pattern(section, *node, match.keyword, match);
    }
    out.push_back(std::move(match));
  }
  section.finish();
  return out;
}

Bounds read_bounds(Section& rule, const std::string& file, const std::string& key, double most) {
  Bounds out;
  const toml::node* node = rule.find(key);
  if (!node) return out;
  if (!node->is_table()) rule.fail(*node, key, "must be a table such as { min = 40, max = 600 }");
  Section section(*node->as_table(), file, "rule." + key + ".");
  if (section.find("min")) section.take("min", out.min, 0, most);
  if (section.find("max")) section.take("max", out.max, 0, most);
  section.finish();
  if (!out.given()) rule.fail(*node, key, "needs min, max or both");
  if (out.min > out.max) rule.fail(*node, key, "has a min above its max");
  return out;
}

void check_names(Section& section, std::string_view key, const std::vector<std::string>& names,
                 const std::vector<std::string>& known, const std::string& what) {
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
    section.fail(*section.find(key), key,
                 "names '" + name + "', which is no " + what + "; expected " +
                     (list.empty() ? "a [[destination]] of that name in this file" : "one of " + list));
  }
}

std::vector<std::string> destinations_of(const toml::table& root) {
  std::vector<std::string> out;
  const toml::array* list = root["destination"].as_array();
  for (std::size_t i = 0; list && i < list->size(); ++i)
    if (const toml::table* table = list->get(i)->as_table())
      if (const auto name = (*table)["name"].value<std::string>()) out.push_back(*name);
  return out;
}

// Relative to the folder of the configuration, since a service has no working folder of its own.
std::string path_from(const std::string& file, const std::string& path) {
  return (fs::path(file).parent_path() / path).lexically_normal().string();
}

void take_path(Section& section, const std::string& file, const char* key, std::string& path) {
  section.take(key, path);
  const toml::node* node = section.find(key);
  if (!node) return;
  if (path.empty()) section.fail(*node, key, "is empty; expected the path of a file");
  if (key != std::string_view("model") || path != "default") path = path_from(file, path);
}

Rule read_rule(const toml::table& table, const std::string& file, const toml::table& root) {
  Rule rule;
  rule.line = static_cast<int>(table.source().begin.line);
  Section section(table, file, "rule.");
  section.take("name", rule.name);
  if (rule.name.find_first_not_of(' ') == std::string::npos)
    section.fail_table("needs a name, by which logs and the list of jobs call it");
  const toml::table& match = subtable(section, "match");
  rule.match = read_match(match, file);
  rule.slices = read_bounds(section, file, "slices", most_slices);
  rule.field_mm = read_bounds(section, file, "field_mm", largest_field_mm);
  section.take("contour", rule.contour);
  take_path(section, file, "model", rule.model);
  take_path(section, file, "template", rule.template_file);
  rule.organs = section.list<std::string>("organs", 0);
  if (section.find("organs") && rule.organs.empty())
    section.fail(*section.find("organs"), "organs", "is an empty list; leave it away for all organs");
  rule.destinations = section.list<std::string>("destinations", 0);
  check_names(section, "destinations", rule.destinations, destinations_of(root), "destination");
  std::int64_t priority = 0;
  section.take("priority", priority, -100, 100);
  rule.priority = static_cast<int>(priority);
  section.take("review", rule.review);
  section.finish();
  if (!rule.contour)
    for (const char* key : {"model", "template", "organs", "destinations", "review"})
      if (const toml::node* node = section.find(key))
        section.fail(*node, key, "is for series that are contoured; this rule says contour = false");
  return rule;
}

Rule every_ct() {
  Rule rule;
  rule.name = "every CT";
  rule.match.push_back({"Modality", {"CT"}, {}});
  return rule;
}

void check_order(const std::vector<Rule>& rules, const std::string& file) {
  const auto fail = [&](const Rule& rule, const std::string& why) {
    throw Error(ErrorKind::usage,
                file + ":" + std::to_string(rule.line) + ": [[rule]] '" + rule.name + "' " + why);
  };
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (rules[k].name == rules[i].name)
        fail(rules[i], "has the name of the rule in line " + std::to_string(rules[k].line) +
                           "; expected names that differ");
      if (rules[k].takes_all())
        fail(rules[i], "is never reached: '" + rules[k].name + "' in line " + std::to_string(rules[k].line) +
                           " takes every series; put that one last");
    }
  }
}

}  // namespace

std::vector<Rule> read_rules(const toml::table& root, const std::string& file) {
  std::vector<Rule> rules;
  const toml::node* node = root.get("rule");
  if (!node) return {every_ct()};
  const toml::array* list = node->as_array();
  const bool tables =
      list && std::all_of(list->begin(), list->end(), [](const toml::node& n) { return n.is_table(); });
  if (!tables)
    throw Error(ErrorKind::usage, file + ":" + std::to_string(node->source().begin.line) +
                                      ": rule must be a list of tables; expected [[rule]]");
  for (const toml::node& item : *list) rules.push_back(read_rule(*item.as_table(), file, root));
  check_order(rules, file);
  return rules;
}

}  // namespace anatomynet::service

#include "templates/structure_template.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>

#include "core/file_name.h"
#include "core/known_organs.h"
#include "core/toml_section.h"

namespace anatomynet::templates {
namespace {

constexpr std::size_t longest = 64;       // characters of VR LO
constexpr std::size_t surely_shown = 16;  // what planning systems show and export without cutting
constexpr std::size_t most_derived = 200;

// Of PS3.3 C.8.8.8.1, those that contours of an organ or of a region for planning can be.
constexpr const char* types[] = {
    "ORGAN",    "AVOIDANCE",   "CONTROL",        "EXTERNAL",     "PTV",
    "CTV",      "GTV",         "BOLUS",          "CAVITY",       "SUPPORT",
    "FIXATION", "DOSE_REGION", "TREATED_VOLUME", "IRRAD_VOLUME", "CONTRAST_AGENT"};

// Colours of derived structures that have none, apart from those of the organs.
constexpr std::array<std::array<std::uint8_t, 3>, 8> palette{{{255, 128, 0},
                                                              {0, 200, 200},
                                                              {200, 0, 200},
                                                              {160, 220, 0},
                                                              {255, 100, 140},
                                                              {90, 140, 255},
                                                              {210, 170, 90},
                                                              {150, 90, 210}}};

std::size_t characters(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string listed(const OrganTable& organs) {
  std::string text;
  for (const Organ& organ : organs) text += (text.empty() ? "" : ", ") + organ.name;
  return text;
}

// TG-263 name where the organ is known under another one.
std::string canonical(const std::string& name) {
  const Organ* known = find_organ(known_organs(), name);
  return known ? known->name : name;
}

void each_structure(Expression& e, const std::function<void(Expression&)>& work) {
  if (e.kind == Expression::Kind::structure) work(e);
  for (Expression& part : e.parts) each_structure(part, work);
}

// Where the text of a string begins. What toml++ tells of a string are its ends, so the column is known where
// nothing between them takes more room than it means.
ExpressionPlace place_of(const toml::node& node, const std::string& text, const std::string& file,
                         const std::string& what) {
  const toml::source_region& source = node.source();
  const bool plain =
      source.begin.line == source.end.line && source.end.column - source.begin.column == characters(text) + 2;
  return {file, what, static_cast<int>(source.begin.line),
          plain ? static_cast<int>(source.begin.column) + 1 : 0};
}

// A table's keys in the order of the file; toml++ sorts them by name.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> out;
  for (const auto& [key, node] : table) out.emplace_back(key.str(), &node);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    const auto &p = a.second->source().begin, &q = b.second->source().begin;
    return std::pair(p.line, p.column) < std::pair(q.line, q.column);
  });
  return out;
}

}  // namespace

struct StructureTemplate::Reader {
  StructureTemplate& to;
  Messages& messages;
  std::int64_t longest_name = 0;  // 0: DICOM's limit, and a warning beyond what is surely shown

  void read(const toml::table& root) {
    Section top(root, to.file_, "");
    top.take("others", to.others_);
    std::string margins = "centres";
    top.take_one_of("margins", margins, std::array{"centres", "surfaces"});
    to.margins_ = margins == "centres" ? geometry::MarginFrom::centres : geometry::MarginFrom::surfaces;
    if (top.find("longest_name")) top.take("longest_name", longest_name, 1, double(longest));
    const toml::table &organs = subtable(top, "organs"), &derived = subtable(top, "derived");
    const std::vector<std::string> order = top.list<std::string>("order", 0);
    top.finish();
    for (const auto& [key, node] : in_file_order(organs)) read_organ(organs, key, *node);
    for (const auto& [key, node] : in_file_order(derived)) read_derived(derived, key, *node);
    if (to.derived_.size() > most_derived)
      top.fail(*root.get("derived"), "derived",
               "has " + std::to_string(to.derived_.size()) + " structures; expected at most 200");
    make_order(top, order);
    sort_by_need();
  }

  void check_name(Section& section, const toml::node& node, const std::string& key, const std::string& name) {
    const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; };
    if (name.find_first_not_of(' ') == std::string::npos)
      section.fail(node, key, "is empty; expected a name");
    if (std::any_of(name.begin(), name.end(), bad))
      section.fail(node, key, "holds a backslash or a control character, which a DICOM name cannot");
    const std::size_t n = characters(name);
    if (n > longest) section.fail(node, key, "has " + std::to_string(n) + " characters; DICOM takes 64");
    if (longest_name > 0 && n > std::size_t(longest_name))
      section.fail(node, key,
                   "has " + std::to_string(n) + " characters; this file's longest_name allows " +
                       std::to_string(longest_name));
    if (longest_name == 0 && n > surely_shown)
      messages.warning("'" + name + "' has " + std::to_string(n) +
                       " characters; some planning systems cut names after " + std::to_string(surely_shown));
  }

  void take_style(Section& section, Entry& entry) {
    section.take("write", entry.written);
    section.take("name", entry.name);
    if (const toml::node* name = section.find("name")) check_name(section, *name, "name", entry.name);
    section.take_one_of("type", entry.type, types);
    std::string empty = "keep";
    section.take_one_of("empty", empty, std::array{"keep", "drop"});
    entry.keep_empty = empty == "keep";
    const auto colour = section.list<std::int64_t>("colour", 3);
    if (colour.empty()) return;
    entry.colour.emplace();
    for (std::size_t i = 0; i < colour.size(); ++i) {
      if (colour[i] < 0 || colour[i] > 255)
        section.fail(*section.find("colour"), "colour", "needs numbers from 0 to 255");
      (*entry.colour)[i] = static_cast<std::uint8_t>(colour[i]);
    }
  }

  void read_organ(const toml::table& organs, const std::string& key, const toml::node& node) {
    Section table(organs, to.file_, "organs.");
    if (!node.is_table()) table.fail(node, key, "must be a table such as { name = \"...\" }");
    Entry entry;
    entry.structure = canonical(key);
    entry.line = static_cast<int>(node.source().begin.line);
    Section section(*node.as_table(), to.file_, "organs." + key + ".");
    take_style(section, entry);
    section.finish();
    if (to.find(entry.structure)) table.fail(node, key, "is named twice");
    to.organs_.push_back(std::move(entry));
  }

  void read_derived(const toml::table& derived, const std::string& key, const toml::node& node) {
    Section table(derived, to.file_, "derived.");
    check_key(table, node, key);
    Entry entry;
    entry.structure = key;
    entry.line = static_cast<int>(node.source().begin.line);
    const toml::node* expression = &node;
    if (const toml::table* own = node.as_table()) {
      Section section(*own, to.file_, "derived." + key + ".");
      expression = section.find("is");
      if (!expression)
        table.fail(
            node, key,
            "says not what it is; expected is = \"...\" with an expression such as \"Brainstem + 3 mm\"");
      take_style(section, entry);
      section.finish();
    }
    const auto text = expression->value<std::string>();
    if (!text)
      table.fail(node, key,
                 "must be an expression such as \"Brainstem + 3 mm\", or a table { is = \"...\", ... }");
    if (entry.name.empty() && entry.written) check_name(table, node, key, key);
    DerivedStructure structure{key, *text, {}, place_of(*expression, *text, to.file_, "derived." + key)};
    structure.expression = parse_expression(*text, structure.place);
    structure.written = entry.written;
    to.derived_.push_back(std::move(structure));
    to.derived_entries_.push_back(std::move(entry));
  }

  void check_key(Section& table, const toml::node& node, const std::string& key) {
    if (key == body_name)
      table.fail(node, key, "is the patient's outline on the CT already; expected another name");
    if (find_organ(known_organs(), key))
      table.fail(node, key, "is the name of an organ; expected another name");
    for (const Organ& organ : known_organs())
      if (lower(organ.name) == lower(key))
        table.fail(node, key,
                   "differs from the organ " + organ.name + " in case alone; expected another name");
    for (const DerivedStructure& other : to.derived_)
      if (lower(other.name) == lower(key))
        table.fail(node, key, "differs from " + other.name + " in case alone; expected another name");
    if (const std::string wrong = wrong_with_file_name(key); !wrong.empty())
      table.fail(node, key, "cannot be the name of a mask's file: " + wrong);
  }

  void make_order(Section& top, const std::vector<std::string>& order) {
    const auto is_derived = [&](const std::string& name) {
      return std::any_of(to.derived_.begin(), to.derived_.end(),
                         [&](const DerivedStructure& d) { return d.name == name; });
    };
    for (const std::string& name : order) {
      const std::string structure = is_derived(name) ? name : canonical(name);
      if (std::find(to.order_.begin(), to.order_.end(), structure) != to.order_.end())
        top.fail(*top.find("order"), "order", "names " + name + " twice; expected each structure once");
      to.order_.push_back(structure);
    }
    order_line = top.find("order") ? static_cast<int>(top.find("order")->source().begin.line) : 0;
  }

  // Each after those that it is made of.
  void sort_by_need() {
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < to.derived_.size(); ++i) index[to.derived_[i].name] = i;
    std::vector<int> state(to.derived_.size());  // 1: being looked at, 2: done
    std::vector<DerivedStructure> sorted;
    std::vector<std::string> path;
    const std::function<void(std::size_t)> visit = [&](std::size_t i) {
      DerivedStructure& one = to.derived_[i];
      state[i] = 1;
      path.push_back(one.name);
      each_structure(one.expression, [&](Expression& e) {
        const auto it = index.find(e.name);
        if (it == index.end()) {
          e.name = canonical(e.name);
          return;
        }
        if (state[it->second] == 1) {
          std::string cycle;
          for (auto p = std::find(path.begin(), path.end(), e.name); p != path.end(); ++p)
            cycle += *p + " -> ";
          throw Error(ErrorKind::usage, one.place.at(e.character) + ": is made of itself: " + cycle + e.name +
                                            "; expected structures that are made of others");
        }
        if (state[it->second] == 0) visit(it->second);
      });
      path.pop_back();
      state[i] = 2;
      sorted.push_back(one);
    };
    for (std::size_t i = 0; i < state.size(); ++i)
      if (state[i] == 0) visit(i);
    to.derived_ = std::move(sorted);
  }

  int order_line = 0;
};

StructureTemplate::StructureTemplate(const std::string& file, Messages& messages) : file_(file) {
  Reader reader{*this, messages};
  reader.read(read_toml(file, "a template, which is a table of organ names and derived structures"));
  order_line_ = reader.order_line;
}

const StructureTemplate::Entry* StructureTemplate::find(const std::string& structure) const {
  for (const std::vector<Entry>* entries : {&organs_, &derived_entries_})
    for (const Entry& entry : *entries)
      if (entry.structure == structure) return &entry;
  return nullptr;
}

void StructureTemplate::check(const OrganTable& known) const {
  const auto fail = [&](int line, const std::string& why) {
    throw Error(ErrorKind::usage, file_ + ":" + std::to_string(line) + ": " + why);
  };
  const auto is_organ = [&](const std::string& name) {
    return find_organ(known, name) || find_organ(known_organs(), name);
  };
  const auto is_derived = [&](const std::string& name) {
    return std::any_of(derived_.begin(), derived_.end(),
                       [&](const DerivedStructure& d) { return d.name == name; });
  };
  std::vector<std::string> names{body_name};
  for (const OrganTable* table : {&known, &known_organs()})
    for (const Organ& organ : *table) names.push_back(organ.name);
  for (const DerivedStructure& structure : derived_) names.push_back(structure.name);
  const auto unknown = [&](const std::string& name) {
    return "'" + name + "' is no known structure; the nearest is " + std::string(nearest_word(name, names));
  };
  for (const Entry& entry : organs_)
    if (!is_organ(entry.structure))
      fail(entry.line, "organs." + entry.structure + " is no known organ; known are " + listed(known));
  for (const std::string& name : order_)
    if (!is_organ(name) && !is_derived(name)) fail(order_line_, "order: " + unknown(name));
  for (const DerivedStructure& structure : derived_) {
    if (find_organ(known, structure.name))
      fail(structure.place.line,
           "derived." + structure.name + " is the name of an organ; expected another name");
    Expression copy = structure.expression;
    each_structure(copy, [&](Expression& e) {
      if (e.name != body_name && !is_organ(e.name) && !is_derived(e.name))
        throw Error(ErrorKind::usage, structure.place.at(e.character) + ": " + unknown(e.name));
    });
  }
}

void StructureTemplate::check_names(const std::vector<TemplateRoi>& rois) const {
  if (file_.empty()) return;  // names of files, perhaps, which the writers make different
  std::map<std::string, const TemplateRoi*> taken;
  for (const TemplateRoi& roi : rois) {
    const auto [other, fresh] = taken.emplace(lower(roi.organ.name), &roi);
    if (fresh) continue;
    const Entry *a = find(other->second->structure), *b = find(roi.structure);
    const int line = std::max({a ? a->line : 1, b ? b->line : 1});
    throw Error(ErrorKind::usage, file_ + ":" + std::to_string(line) + ": two structures are called " +
                                      roi.organ.name + " (" + other->second->structure + ", " +
                                      roi.structure + "); planning systems need different names");
  }
}

std::vector<TemplateRoi> StructureTemplate::rois(const OrganTable& organs) const {
  std::vector<TemplateRoi> out;
  const auto add = [&](Organ organ, const Entry* entry, const DerivedStructure* derived) {
    TemplateRoi roi;
    roi.structure = organ.name;
    if (entry && !entry->name.empty()) organ.name = entry->name;
    if (entry && entry->colour) organ.colour = *entry->colour;
    if (entry) {
      roi.type = entry->type;
      roi.keep_empty = entry->keep_empty;
    }
    roi.organ = std::move(organ);
    roi.derived = derived;
    if (derived) roi.description = derived->text;
    out.push_back(std::move(roi));
  };
  for (const Organ& organ : organs) {
    const Entry* entry = find(organ.name);
    if (entry ? entry->written : others_) add(organ, entry, nullptr);
  }
  for (std::size_t i = 0; i < derived_entries_.size(); ++i) {
    const Entry& entry = derived_entries_[i];
    if (!entry.written) continue;
    Organ organ;
    organ.id = first_derived_id + static_cast<int>(i);
    organ.name = entry.structure;
    organ.colour = palette[i % palette.size()];
    const auto it = std::find_if(derived_.begin(), derived_.end(),
                                 [&](const DerivedStructure& d) { return d.name == entry.structure; });
    add(organ, &entry, &*it);
  }
  if (out.empty() && !file_.empty()) throw Error(ErrorKind::usage, file_ + ": leaves no organ to write");
  const auto rank = [&](const TemplateRoi& roi) {
    return std::find(order_.begin(), order_.end(), roi.structure) - order_.begin();
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const TemplateRoi& a, const TemplateRoi& b) { return rank(a) < rank(b); });
  check_names(out);
  return out;
}

}  // namespace anatomynet::templates

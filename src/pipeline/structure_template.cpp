#include "pipeline/organ_naming.h"

#include <algorithm>
#include <cctype>

#include "core/known_organs.h"
#include "core/toml_section.h"

namespace anatomynet::pipeline {
namespace {

constexpr std::size_t longest = 64;       // characters of VR LO
constexpr std::size_t surely_shown = 16;  // what planning systems show and export without cutting

std::size_t characters(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

void check_name(Section& section, const toml::node& node, const std::string& name, Messages& messages) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; };
  if (name.empty() || name.find_first_not_of(' ') == std::string::npos)
    section.fail(node, "name", "is empty");
  if (std::any_of(name.begin(), name.end(), bad))
    section.fail(node, "name", "holds a backslash or a control character, which a DICOM name cannot");
  if (characters(name) > longest)
    section.fail(node, "name", "has " + std::to_string(characters(name)) + " characters; DICOM takes 64");
  if (characters(name) > surely_shown)
    messages.warning("'" + name + "' has " + std::to_string(characters(name)) +
                     " characters; some planning systems cut names after " + std::to_string(surely_shown));
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

}  // namespace

OrganNaming::OrganNaming(const std::string& file, Messages& messages) : file_(file) {
  const toml::table root = read_toml(file, "a table of organ names");
  Section top(root, file, "");
  top.take("others", others_);
  const toml::table& organs = subtable(top, "organs");
  top.finish();
  for (const auto& [key, node] : organs) {
    const std::string organ(key.str());
    Section table(organs, file, "organs.");
    if (!node.is_table()) table.fail(node, organ, "must be a table such as { name = \"...\" }");
    Entry entry;
    const Organ* known = find_organ(known_organs(), organ);
    entry.organ = known ? known->name : organ;
    entry.line = static_cast<int>(node.source().begin.line);
    Section section(*node.as_table(), file, "organs." + organ + ".");
    section.take("write", entry.written);
    section.take("name", entry.name);
    if (const toml::node* name = section.find("name")) check_name(section, *name, entry.name, messages);
    const auto colour = section.list<std::int64_t>("colour", 3);
    entry.has_colour = !colour.empty();
    for (std::size_t i = 0; i < colour.size(); ++i) {
      if (colour[i] < 0 || colour[i] > 255)
        section.fail(*section.find("colour"), "colour", "needs numbers from 0 to 255");
      entry.colour[i] = static_cast<std::uint8_t>(colour[i]);
    }
    section.finish();
    if (find(entry.organ)) table.fail(node, organ, "is named twice");
    entries_.push_back(entry);
  }
}

const OrganNaming::Entry* OrganNaming::find(const std::string& organ) const {
  const auto it =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.organ == organ; });
  return it == entries_.end() ? nullptr : &*it;
}

void OrganNaming::check(const OrganTable& known) const {
  for (const Entry& entry : entries_)  // one file may serve models of other organs
    if (!find_organ(known, entry.organ) && !find_organ(known_organs(), entry.organ))
      throw Error(ErrorKind::usage, file_ + ":" + std::to_string(entry.line) + ": organs." + entry.organ +
                                        " is no known organ; known are " + listed(known));
}

OrganTable OrganNaming::operator()(const OrganTable& organs) const {
  OrganTable out;
  for (Organ organ : organs) {
    const Entry* entry = find(organ.name);
    if (entry ? !entry->written : !others_) continue;
    if (entry && !entry->name.empty()) organ.name = entry->name;
    if (entry && entry->has_colour) organ.colour = entry->colour;
    for (const Organ& other : out)
      if (lower(other.name) == lower(organ.name))
        throw Error(ErrorKind::usage, file_ + ": two organs are called " + organ.name +
                                          "; planning systems need different names");
    out.push_back(std::move(organ));
  }
  return out;
}

}  // namespace anatomynet::pipeline

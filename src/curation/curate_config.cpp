#include "curation/curate_config.h"

#include <algorithm>
#include <set>

#include "core/toml_section.h"

namespace anatomynet::curation {
namespace {

Split split_of(Section& section, const std::string& name) {
  if (name == "training") return Split::training;
  if (name == "validation") return Split::validation;
  if (name == "test") return Split::test;
  section.fail(*section.find("split"), "split", "must be \"training\", \"validation\" or \"test\"");
}

SourceTable read_source(Section section, const std::filesystem::path& base) {
  SourceTable table;
  SourceOptions& o = table.options;
  std::string path, split;
  section.take("kind", table.kind);
  section.take("name", o.name);
  section.take("path", path);
  if (path.empty()) section.fail_table("needs a path");
  if (table.kind.empty()) section.fail_table("needs a kind");
  const std::vector<std::string>& kinds = source_kinds();
  if (std::find(kinds.begin(), kinds.end(), table.kind) == kinds.end()) {
    std::string known;
    for (const std::string& kind : kinds) known += (known.empty() ? "" : ", ") + kind;
    section.fail(*section.find("kind"), "kind", "is unknown; known are " + known);
  }
  if (o.name.empty()) o.name = table.kind;
  o.path = base / path;
  if (section.find("split")) {
    section.take("split", split);
    o.split = split_of(section, split);
  }
  o.only = section.list<std::string>("only", 0);
  o.except = section.list<std::string>("except", 0);
  section.take("observer", o.observer);
  if (section.find("expect")) {
    std::int64_t expect = 0;
    section.take("expect", expect, 0, 1e9);
    table.expect = static_cast<std::size_t>(expect);
  }
  section.finish();
  return table;
}

}  // namespace

Curation read_curate_config(const std::filesystem::path& path, const std::filesystem::path& data_root) {
  const std::string file = path.string();
  const toml::table root = read_toml(file, "a curation (TOML)");
  const std::filesystem::path here = path.parent_path(), base = data_root.empty() ? here : data_root;
  Curation curation;
  Section top(root, file, "");
  top.take("name", curation.name);
  top.take("attribution", curation.attribution);
  for (const std::string& rules : top.list<std::string>("names", 0)) curation.names.push_back(here / rules);
  if (const auto mm = top.list<double>("spacing_mm", 3); !mm.empty()) {
    for (const double s : mm)
      if (!(s > 0.1 && s < 20))
        top.fail(*top.find("spacing_mm"), "spacing_mm", "must lie between 0.1 and 20 mm");
    curation.spacing = Vec3{mm[2], mm[1], mm[0]};
  }
  top.take("fill_gaps", curation.fill_gaps);
  Section field(subtable(top, "field"), file, "field.");
  field.take("crop", curation.crop);
  field.take("margin_mm", curation.field.margin_mm, 0, 500);
  field.take("below_shoulders_mm", curation.field.below_shoulders_mm, 0, 1000);
  std::string boxes;
  field.take("boxes", boxes);
  if (!boxes.empty()) curation.boxes = read_boxes(here / boxes);
  field.finish();
  Section overlap(subtable(top, "overlap"), file, "overlap.");
  overlap.take("within_split", curation.within_split);
  overlap.finish();
  if (const toml::node* sources = top.find("source")) {
    if (!sources->is_array_of_tables()) top.fail(*sources, "source", "must be written as [[source]]");
    for (const auto& source : *sources->as_array())
      curation.sources.push_back(read_source(Section(*source.as_table(), file, "source."), base));
  }
  top.finish();
  if (curation.sources.empty())
    throw Error(ErrorKind::usage, file + ": has no [[source]]; name at least one");
  std::set<std::string> names;
  for (const SourceTable& table : curation.sources)
    if (!names.insert(table.options.name).second)
      throw Error(ErrorKind::usage,
                  file + ": two sources are named '" + table.options.name + "'; give each its own name");
  return curation;
}

}  // namespace anatomynet::curation

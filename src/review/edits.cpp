#include "review/edits.h"

#include <nlohmann/json.hpp>

#include "core/csv.h"
#include "core/json_text.h"
#include "core/resample.h"
#include "core/version.h"
#include "pipeline/derived_structures.h"

namespace anatomynet::review {
namespace {

using json = nlohmann::ordered_json;
using evaluation::BoxedMask;

constexpr const char* keys[] = {"dice",      "surface_dice",   "hd95_mm",           "mean_surface_mm",
                                "volume_ml", "volume_percent", "added_path_voxels", "added_path_mm"};

// As evaluate takes masks: on an even grid whose axes lie nearest to L, P, S.
BoxedMask upright(const OpenedCase& of, const BoxedMask& mask) {
  const Orientation orientation = nearest_orientation(of.grid);
  if (!of.uneven() && orientation.identity()) return mask;
  return evaluation::boxed(reorient(on_even_grid(of, mask), orientation), 1);
}

std::optional<double> figure(const StructureEdits& edits, const std::string& key) {
  if (key == "added_path_voxels") {
    const auto& voxels = edits.figures.added_path_voxels;
    return voxels ? std::optional(double(*voxels)) : std::nullopt;
  }
  return evaluation::metric(key).of(edits.figures);
}

json number(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

std::string cell(const std::optional<double>& value) { return value ? csv_number(*value) : ""; }

}  // namespace

StructureEdits edits_of(const OpenedCase& of, const Structure& after, const Structure* before) {
  StructureEdits out;
  out.id = after.organ.id;
  out.name = after.organ.name;
  out.label = after.label;
  out.generation = generation_after_review(after, before);
  out.drawn_new = !before;
  out.unchanged = before && same_voxels(*after.mask, *before->mask);
  out.seconds = after.seconds;
  BoxedMask none;
  none.grid = of.grid;
  const BoxedMask now = upright(of, *after.mask), was = upright(of, before ? *before->mask : none);
  evaluation::MetricOptions how;
  how.tolerance_mm = evaluation::tolerance_of({}, after.organ.name);
  out.figures = evaluation::measure(was, now, how);
  for (std::int64_t z = 0; z < now.size[2]; ++z) {
    const auto* const slice = now.voxels.data() + z * now.size[0] * now.size[1];
    out.slices += std::find(slice, slice + now.size[0] * now.size[1], 1) != slice + now.size[0] * now.size[1];
  }
  if (out.figures.added_path_mm && out.slices > 0)
    out.added_path_mm_per_slice = *out.figures.added_path_mm / double(out.slices);
  return out;
}

json edits_json(const std::vector<StructureEdits>& edits) {
  json organs = json::array();
  for (const StructureEdits& one : edits) {
    json organ{{"id", one.id},
               {"name", one.name},
               {"label", one.label},
               {"generation", one.generation},
               {"drawn_new", one.drawn_new},
               {"unchanged", one.unchanged},
               {"seconds", one.seconds},
               {"before_ml", one.figures.predicted_ml},
               {"after_ml", one.figures.truth_ml},
               {"slices", one.slices}};
    for (const char* key : keys) organ[key] = number(figure(one, key));
    organ["added_path_mm_per_slice"] = number(one.added_path_mm_per_slice);
    organ["tolerance_mm"] = one.figures.tolerance_mm;
    organs.push_back(std::move(organ));
  }
  return {{"organs", organs}};
}

std::string edits_document(const OpenedCase& of, const VersionInfo& version,
                           const std::vector<StructureEdits>& edits) {
  json all{{"program", std::string("anatomynet ") + anatomynet::version()},
           {"case", of.name},
           {"model", of.origin.model},
           {"weights", of.origin.weights},
           {"template", of.origin.template_file},
           {"template_sha256", of.origin.template_sha256},
           {"made_by", of.origin.program},
           {"version", version.number},
           {"reviewer", version.by},
           {"role", version.role},
           {"approved", version.approved},
           {"at", version.made}};
  all["organs"] = edits_json(edits)["organs"];
  return json_text(all, 2) + "\n";
}

std::string edits_table(const OpenedCase& of, const VersionInfo& version,
                        const std::vector<StructureEdits>& edits) {
  CsvRow head{"case",      "model",     "weights", "template",  "template_sha256", "version",
              "reviewer",  "role",      "at",      "organ",     "label",           "generation",
              "drawn_new", "unchanged", "seconds", "before_ml", "after_ml",        "slices"};
  for (const char* key : keys) head.emplace_back(key);
  head.insert(head.end(), {"added_path_mm_per_slice", "tolerance_mm"});
  std::string out = csv_line(head);
  for (const StructureEdits& one : edits) {
    CsvRow row{of.name,
               of.origin.model,
               of.origin.weights,
               of.origin.template_file,
               of.origin.template_sha256,
               std::to_string(version.number),
               version.by,
               version.role,
               version.made,
               one.name,
               one.label,
               one.generation,
               one.drawn_new ? "yes" : "no",
               one.unchanged ? "yes" : "no",
               csv_number(one.seconds),
               csv_number(one.figures.predicted_ml),
               csv_number(one.figures.truth_ml),
               std::to_string(one.slices)};
    for (const char* key : keys) row.push_back(cell(figure(one, key)));
    row.push_back(cell(one.added_path_mm_per_slice));
    row.push_back(csv_number(one.figures.tolerance_mm));
    out += csv_line(row);
  }
  return out;
}

}  // namespace anatomynet::review

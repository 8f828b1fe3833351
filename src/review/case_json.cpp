#include "review/case_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "review/colour.h"

namespace anatomynet::review {
namespace {

using json = nlohmann::ordered_json;

json organs_json(const Structures& structures) {
  json list = json::array();
  for (const Structure& one : structures) list.push_back(organ_json(one));
  return list;
}

// Small structures before large ones: what both would take goes to the smaller.
json priority(const Structures& structures) {
  std::vector<const Structure*> order;
  for (const Structure& one : structures) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(),
                   [](const Structure* a, const Structure* b) { return a->mask->count < b->mask->count; });
  json ids = json::array();
  for (const Structure* one : order) ids.push_back(one->organ.id);
  return ids;
}

json grid_json(const Grid& grid) {
  json direction = json::array();
  for (const auto& row : grid.direction)
    for (const double value : row) direction.push_back(value);
  return {{"size", grid.size}, {"spacing", grid.spacing}, {"origin", grid.origin}, {"direction", direction}};
}

}  // namespace

json organ_json(const Structure& structure) {
  const evaluation::BoxedMask& mask = *structure.mask;
  json flags = json::array(), box = nullptr;
  for (const Flag& flag : structure.flags)
    flags.push_back({{"code", clean_text(flag.code)}, {"text", clean_text(flag.text)}});
  if (!mask.empty())
    box = {mask.low[0],
           mask.low[1],
           mask.low[2],
           mask.low[0] + mask.size[0],
           mask.low[1] + mask.size[1],
           mask.low[2] + mask.size[2]};
  return {{"id", structure.organ.id},
          {"name", clean_text(structure.organ.name)},
          {"label", clean_text(structure.label)},
          {"colour", colour_text(structure.organ.colour)},
          {"generation", structure.generation},
          {"locked", structure.locked},
          {"flags", flags},
          {"box", box},
          {"volume_ml", double(mask.count) * mask.grid.voxel_ml()},
          {"unsure", structure.unsure},
          {"seconds", structure.seconds}};
}

json case_json(const Review& review) {
  const OpenedCase& opened = review.opened();
  const auto state = review.state();
  const auto [low, high] = std::minmax_element(opened.hu().voxels.begin(), opened.hu().voxels.end());
  json comparisons = json::array(), versions = json::array();
  for (const Comparison& one : review.comparisons())
    comparisons.push_back(
        {{"id", one.id}, {"name", clean_text(one.name)}, {"organs", organs_json(one.structures)}});
  for (const VersionInfo& version : review.versions())
    versions.push_back({{"number", version.number},
                        {"made", version.made},
                        {"by", clean_text(version.by)},
                        {"reason", clean_text(version.reason)},
                        {"parent", version.parent},
                        {"approved", version.approved}});
  json slices = nullptr;
  if (opened.uneven()) slices = opened.uneven()->positions().mm;
  return {{"case", opened.name},
          {"grid", grid_json(opened.grid)},
          {"ct", {{"min", *low}, {"max", *high}}},
          {"slices_mm", slices},
          {"organs", organs_json(state->structures)},
          {"priority", priority(state->structures)},
          {"comparisons", comparisons},
          {"versions", versions},
          {"base", state->base},
          {"changed", state->changed},
          {"role", review.may_edit() ? "edit" : "look"},
          {"editor", clean_text(review.store().editor())},
          {"revision", state->revision},
          {"model", clean_text(opened.origin.model)},
          {"warnings", opened.warnings},
          {"dicom", opened.ct.dicom.has_value()},
          {"notice", "Not a medical device: review and correct every contour before any use."}};
}

}  // namespace anatomynet::review

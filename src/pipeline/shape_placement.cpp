#include "pipeline/shape_placement.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "pipeline/place_between.h"

namespace anatomynet::pipeline {

using model::ShapePlacing;
using model::ShapePrior;

std::vector<PlacedShape> find_shapes(const CtView& ct, const OrganTable& organs,
                                     const std::vector<ShapePrior>& priors, LabelVolume& labels) {
  LabelBoxes boxes = label_boxes(labels);
  const auto erase = [&](int id) {
    const LabelBox box = std::exchange(boxes[static_cast<std::size_t>(id)], {});
    for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
      for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y) {
        std::uint8_t* const row = labels.voxels.data() + labels.grid.offset(box.low[0], y, z);
        std::replace(row, row + box.size[0], static_cast<std::uint8_t>(id), std::uint8_t{0});
      }
  };
  std::vector<PlacedShape> placed;
  for (const ShapePrior& prior : priors) {
    const int id = find_organ(organs, prior.organ)->id;
    const ShapePlacing placing = model::placing_of(prior);
    if (placing == ShapePlacing::by_neighbours) erase(id);
    ShapePlace place = placing == ShapePlacing::between
                           ? place_between(prior, priors, placed, labels, boxes, id)
                           : find_place(ct, labels, boxes, organs, prior);
    PlacedShape shape{id, placing, std::move(place.refused), place.to_patient};
    const bool drawn = !boxes[static_cast<std::size_t>(id)].empty();
    shape.stays = !shape.refused.empty() && drawn;
    shape.unseen = !shape.refused.empty() && !drawn;
    placed.push_back(std::move(shape));
  }
  for (const PlacedShape& shape : placed)  // only now: they are landmarks of the others
    if (shape.refused.empty()) erase(shape.id);
  return placed;
}

void draw_shapes(const std::vector<ShapePrior>& priors, const UnevenSlices* uneven,
                 std::vector<PlacedShape>& placed, LabelVolume& labels) {
  bool any = false;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i].refused.empty()) continue;
    if (draw_shape(priors[i], placed[i].to_patient, placed[i].id, labels) == 0)
      placed[i].refused = "other organs lie where it should be";
    any = true;
  }
  if (uneven && any) labels = uneven->to_even(uneven->to_slices(labels));
}

std::optional<quality::Flag> flag_of(const PlacedShape& shape) {
  if (shape.placing == ShapePlacing::where_found) return std::nullopt;
  if (shape.refused.empty() && shape.placing == ShapePlacing::between)
    return quality::Flag{"by-shape", "drawn by its mean shape between two neighbours; check first"};
  if (shape.refused.empty())
    return quality::Flag{"by-shape", "placed by shape from the neighbours, not seen in the CT; check first"};
  if (shape.stays)
    return quality::Flag{"not-by-shape", "drawn by the network alone, its shape cannot be placed: " +
                                             shape.refused + "; check first"};
  if (shape.placing == ShapePlacing::between && shape.unseen) return std::nullopt;
  return quality::Flag{"not-placed", "not drawn: " + shape.refused};
}

}  // namespace anatomynet::pipeline

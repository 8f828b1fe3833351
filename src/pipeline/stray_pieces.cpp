#include "pipeline/stray_pieces.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/label_boxes.h"
#include "core/vectors.h"
#include "pipeline/shape_landmarks.h"
#include "quality/pieces.h"
#include "quality/region.h"

namespace anatomynet::pipeline {
namespace {

using model::Landmark;
using model::ShapePlacing;
using model::ShapePrior;

// On 50 CTs eyes and nerves lie 3 to 31 mm from there, specks elsewhere 34 to 353 mm.
constexpr double farthest_mm = 50;

using Offsets = std::map<std::string, Vec3>;  // by organ, from the first landmark, mm in LPS

// Of the organs that are landmarks of a prior.
Offsets offsets_in(const ShapePrior& prior) {
  Offsets offsets;
  for (std::size_t i = 1; i < prior.landmarks.size(); ++i)
    offsets[prior.landmarks[i].organ] = minus(prior.landmarks[i].at, prior.landmarks[0].at);
  return offsets;
}

// Half-way between a landmark of the prior and a point of its own organ.
std::optional<Vec3> offset_between(const ShapePrior& between, const ShapePrior& prior, const Offsets& known) {
  Vec3 sum{};
  for (const Landmark& mark : between.landmarks) {
    const auto landmark = known.find(mark.organ);
    if (mark.organ != prior.organ && landmark == known.end()) return std::nullopt;
    const Vec3 at = mark.organ == prior.organ ? minus(mark.of, prior.landmarks[0].at) : landmark->second;
    for (std::size_t k = 0; k < 3; ++k) sum[k] += at[k] / 2;
  }
  return sum;
}

Offsets offsets_of(const ShapePrior& prior, const std::vector<ShapePrior>& priors) {
  const Offsets landmarks = offsets_in(prior);
  Offsets all = landmarks;
  for (const ShapePrior& other : priors)
    if (model::placing_of(other) == ShapePlacing::between)
      if (const auto offset = offset_between(other, prior, landmarks)) all[other.organ] = *offset;
  return all;
}

struct Centre {
  Vec3 sum{};
  double voxels = 0;
};

std::vector<Vec3> centroids(const quality::Pieces& pieces, const Grid& grid) {
  std::vector<Centre> centres(pieces.voxels.size());
  const Size3& n = grid.size;
  for (std::int64_t z = 0, i = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x, ++i)
        if (const std::int32_t piece = pieces.of_voxel[static_cast<std::size_t>(i)]; piece >= 0) {
          Centre& centre = centres[static_cast<std::size_t>(piece)];
          const Vec3 at = grid.to_world({double(x), double(y), double(z)});
          for (std::size_t k = 0; k < 3; ++k) centre.sum[k] += at[k];
          ++centre.voxels;
        }
  std::vector<Vec3> points;
  for (const Centre& centre : centres) points.push_back(scaled(centre.sum, 1 / centre.voxels));
  return points;
}

void erase(const quality::Pieces& pieces, const std::vector<bool>& which, const LabelBox& box,
           LabelVolume& labels) {
  for (std::int64_t z = 0, i = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[0]; ++x, ++i) {
        const std::int32_t piece = pieces.of_voxel[static_cast<std::size_t>(i)];
        if (piece >= 0 && which[static_cast<std::size_t>(piece)])
          labels.at(box.low[0] + x, box.low[1] + y, box.low[2] + z) = 0;
      }
}

quality::PostProcessed drop(const Organ& organ, const Vec3& expected, const LabelBox& box,
                            LabelVolume& labels) {
  LabelVolume mask = quality::crop(labels, box);
  for (std::uint8_t& voxel : mask.voxels) voxel = voxel == organ.id;
  const quality::Pieces pieces = quality::pieces_of(mask, quality::Neighbours::twenty_six);
  const std::vector<Vec3> centres = centroids(pieces, mask.grid);
  quality::PostProcessed done;
  done.id = organ.id;
  done.organ = organ.name;
  std::vector<bool> stray(centres.size());
  for (std::size_t i = 0; i < centres.size(); ++i) {
    const double mm = distance_mm(centres[i], expected);
    stray[i] = mm > farthest_mm;
    if (!stray[i]) continue;
    done.strays.push_back({double(pieces.voxels[i]) * mask.grid.voxel_ml(), mm, centres[i]});
  }
  if (!done.strays.empty()) erase(pieces, stray, box, labels);
  return done;
}

}  // namespace

std::vector<quality::PostProcessed> drop_stray_pieces(const OrganTable& organs,
                                                      const std::vector<ShapePrior>& priors,
                                                      LabelVolume& labels) {
  std::vector<quality::PostProcessed> dropped;
  for (const ShapePrior& prior : priors) {
    if (model::placing_of(prior) != ShapePlacing::by_neighbours) continue;
    const LabelBoxes boxes = label_boxes(labels);
    const FoundLandmarks first = find_landmarks(labels, boxes, organs, {prior.landmarks[0]});
    if (!first.missing.empty()) continue;
    for (const auto& [name, offset] : offsets_of(prior, priors)) {
      const Organ& organ = *find_organ(organs, name);
      const LabelBox& box = boxes[static_cast<std::size_t>(organ.id)];
      if (box.empty()) continue;
      const Vec3 expected = minus(offset, scaled(first.points[0], -1));
      if (auto done = drop(organ, expected, box, labels); !done.strays.empty())
        dropped.push_back(std::move(done));
    }
  }
  return dropped;
}

void add_strays(const std::vector<quality::PostProcessed>& strays,
                std::vector<quality::PostProcessed>& changed) {
  for (const quality::PostProcessed& more : strays) {
    const auto same = std::find_if(changed.begin(), changed.end(), [&](auto& c) { return c.id == more.id; });
    if (same == changed.end())
      changed.push_back(more);
    else
      same->strays = more.strays;
  }
}

}  // namespace anatomynet::pipeline

#include "inference/refiner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/clock.h"
#include "core/error.h"
#include "core/hu_scores.h"
#include "core/resample.h"
#include "inference/box_sampling.h"
#include "quality/pieces.h"

namespace anatomynet::inference {
namespace {

// mm from the first voxel, along the axes, of the centre of the label's largest piece.
Vec3 centre_of(const LabelVolume& labels, const LabelBox& box, const AxisPositions* uneven, int id) {
  Grid grid = labels.grid;
  grid.size = box.size;
  LabelVolume mask(grid);
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[0]; ++x)
        mask.at(x, y, z) = labels.at(box.low[0] + x, box.low[1] + y, box.low[2] + z) == id;
  const quality::Pieces pieces = quality::pieces_of(mask, quality::Neighbours::six);
  Vec3 sum{};
  for (std::int64_t z = 0, i = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      for (std::int64_t x = 0; x < box.size[0]; ++x, ++i) {
        if (pieces.of_voxel[static_cast<std::size_t>(i)] != 0) continue;
        const std::array<std::int64_t, 3> at{x, y, z};
        for (std::size_t k = 0; k < 3; ++k)
          sum[k] += mm_along(labels.grid, uneven, k, double(box.low[k] + at[k]));
      }
  for (double& s : sum) s /= double(pieces.voxels[0]);
  return sum;
}

void mirror(std::vector<float>& volume, const Size3& size) {
  for (auto row = volume.begin(); row != volume.end(); row += size[0]) std::reverse(row, row + size[0]);
}

// The organ anew within the box: labels, how sure they are and what came second, slice by slice.
struct Drawing {
  LabelBox box;
  std::vector<std::uint8_t> labels, levels, rivals;
  std::int64_t voxels = 0, shared = 0;  // shared: with what was there before
};

Drawing redraw(const OrganMargins& seen, const LabelVolume& labels) {
  Drawing out{seen.box, {}, {}, {}};
  const int id = seen.id;
  auto next = seen.margins.begin();
  for (std::int64_t z = 0; z < seen.box.size[2]; ++z)
    for (std::int64_t y = 0; y < seen.box.size[1]; ++y)
      for (std::int64_t x = 0; x < seen.box.size[0]; ++x) {
        const std::uint8_t was = labels.at(seen.box.low[0] + x, seen.box.low[1] + y, seen.box.low[2] + z);
        const float margin = *next++;
        const bool free = was == 0 || was == id, drawn = free && margin > 0;
        const bool close = free && std::abs(margin) < UndecidedRegions::close_logits;
        out.labels.push_back(static_cast<std::uint8_t>(drawn ? id : 0));
        out.levels.push_back(static_cast<std::uint8_t>(255 / (1 + std::exp(-std::abs(margin))) + 0.5F));
        out.rivals.push_back(static_cast<std::uint8_t>(drawn == close ? 0 : id));
        out.voxels += drawn;
        out.shared += drawn && was == id;
      }
  return out;
}

template <class Visit>
void for_each_voxel_of(LabelVolume& labels, const LabelBox& box, int id, Visit visit) {
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x)
        if (std::uint8_t& label = labels.at(x, y, z); label == id) visit(label);
}

void put(const Drawing& drawn, const LabelBox& before, int id, LabelVolume& labels) {
  for_each_voxel_of(labels, before, id, [](std::uint8_t& label) { label = 0; });
  auto next = drawn.labels.begin();
  const LabelBox& box = drawn.box;
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y)
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x)
        if (*next++ != 0) labels.at(x, y, z) = static_cast<std::uint8_t>(id);
}

void put_confidence(const Drawing& drawn, const Grid& ct, const AxisPositions* uneven, int id,
                    Confidence& confidence) {
  const auto entry =
      std::find_if(confidence.begin(), confidence.end(), [&](const auto& c) { return c.id == id; });
  if (entry == confidence.end()) return;
  Grid grid = ct;
  grid.size = drawn.box.size;
  Vec3 first{};
  std::optional<AxisPositions> positions;
  for (std::size_t k = 0; k < 3; ++k) {
    first[k] = mm_along(ct, uneven, k, double(drawn.box.low[k])) / ct.spacing[k];
    if (!uneven || uneven->axis != static_cast<int>(k)) continue;
    const auto from = uneven->mm.begin() + drawn.box.low[k];
    positions = AxisPositions{uneven->axis, {from, from + grid.size[k]}};
    for (double& mm : positions->mm) mm -= *from;
  }
  grid.origin = ct.to_world(first);
  ConfidenceSums sums(grid, positions ? &*positions : nullptr);
  sums.take(drawn.labels.data(), drawn.levels.data(), drawn.rivals.data(), grid.size[2]);
  for (OrganConfidence& c : sums.finish())
    if (c.id == id) *entry = std::move(c);
}

}  // namespace

Refiner::Refiner(const std::vector<model::Refinement>& refinements, const OrganTable& organs,
                 const Maker& make) {
  for (const model::Refinement& r : refinements) {
    model::Model own;
    own.info.name = "refinement";
    own.info.architecture = r.architecture;
    own.info.organs = {*find_organ(organs, r.organs.front().organ)};
    own.info.hu_low = r.hu_low;
    own.info.hu_high = r.hu_high;
    own.info.spacing = r.spacing;
    own.weights.tensors = r.weights;
    own.id = own.weights_id = own.info.name;
    Network network;
    for (const model::Refinement::Seen& seen : r.organs)
      network.organs.push_back({find_organ(organs, seen.organ)->id, seen.mirrored, seen.curve});
    try {
      network.engine = make(own);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::model) throw error.within("refinement of " + model::organs_of(r));
      throw;
    }
    network.size = r.size;
    network.spacing = r.spacing;
    network.hu_low = static_cast<float>(r.hu_low);
    network.hu_scale = static_cast<float>(1 / (r.hu_high - r.hu_low));
    networks_.push_back(std::move(network));
  }
}

std::vector<float> Refiner::margins_in(const Grid& box, const CtView& ct, const AxisPositions* uneven,
                                       const Network& network, bool mirrored, double* seconds) {
  std::vector<float> image = resample_linear(ct, box, uneven).voxels;
  for (float& v : image) v = std::clamp((v - network.hu_low) * network.hu_scale, 0.0F, 1.0F);
  if (mirrored) mirror(image, box.size);
  const double start = seconds_now();
  const std::vector<float> logits = all_logits(*network.engine, image, box.size);
  if (seconds) *seconds += seconds_now() - start;
  std::vector<float> margins(image.size());
  for (std::size_t i = 0; i < margins.size(); ++i) margins[i] = logits[margins.size() + i] - logits[i];
  if (mirrored) mirror(margins, box.size);
  return margins;
}

OrganMargins Refiner::look_at(const Organ& organ, const Network& network, const CtView& ct,
                              const AxisPositions* uneven, const LabelVolume& labels, const LabelBox& found,
                              double* seconds) {
  const Vec3 centre = centre_of(labels, found, uneven, organ.id);
  Grid box{network.size, network.spacing, {}, ct.grid.direction};
  OrganMargins out{organ.id, {}, {}};
  Vec3 first{};
  std::array<BoxSpan, 3> spans;
  for (std::size_t k = 0; k < 3; ++k) {
    const double from = centre[k] - double(box.size[k] - 1) / 2 * box.spacing[k];
    first[k] = from / ct.grid.spacing[k];
    spans[k] = box_span(ct.grid, uneven, k, from, box.spacing[k], box.size[k]);
    out.box.low[k] = spans[k].first;
    out.box.size[k] = spans[k].size();
  }
  box.origin = ct.grid.to_world(first);
  out.margins = on_voxels(margins_in(box, ct, uneven, network, organ.mirrored, seconds), box.size, spans);
  if (organ.curve.hu.empty()) return out;
  const HuScores hu(ct, {}, {organ.curve});
  auto margin = out.margins.begin();
  for (std::int64_t z = out.box.low[2]; z < out.box.low[2] + out.box.size[2]; ++z)
    for (std::int64_t y = out.box.low[1]; y < out.box.low[1] + out.box.size[1]; ++y)
      for (std::int64_t x = out.box.low[0]; x < out.box.low[0] + out.box.size[0]; ++x)
        hu.add(x, y, z, &*margin++, 1);
  return out;
}

Refiner Refiner::with_curves(const std::vector<model::Refinement>& refinements) const {
  Refiner other = *this;
  for (std::size_t n = 0; n < other.networks_.size(); ++n)
    for (std::size_t i = 0; i < other.networks_[n].organs.size(); ++i)
      other.networks_[n].organs[i].curve = refinements.at(n).organs.at(i).curve;
  return other;
}

std::vector<OrganMargins> Refiner::look(const CtView& ct, const AxisPositions* uneven,
                                        const LabelVolume& labels) {
  std::vector<OrganMargins> seen;
  const LabelBoxes boxes = label_boxes(labels);
  for (const Network& network : networks_)
    for (const Organ& organ : network.organs)
      if (const LabelBox& found = boxes[static_cast<std::size_t>(organ.id)]; !found.empty())
        seen.push_back(look_at(organ, network, ct, uneven, labels, found, nullptr));
  return seen;
}

std::vector<Redrawn> Refiner::refine(const CtView& ct, const AxisPositions* uneven, LabelVolume& labels,
                                     Confidence& confidence, double* network_seconds) {
  std::vector<Redrawn> done;
  const LabelBoxes boxes = label_boxes(labels);
  for (const Network& network : networks_)
    for (const Organ& organ : network.organs) {
      const LabelBox& found = boxes[static_cast<std::size_t>(organ.id)];
      if (found.empty()) continue;
      const Drawing drawn =
          redraw(look_at(organ, network, ct, uneven, labels, found, network_seconds), labels);
      std::int64_t before = 0;
      for_each_voxel_of(labels, found, organ.id, [&](std::uint8_t) { ++before; });
      done.push_back({organ.id, 2 * double(drawn.shared) / double(before + drawn.voxels),
                      2 * drawn.shared < std::min(before, drawn.voxels) || drawn.voxels == 0});
      if (done.back().kept) continue;
      put_confidence(drawn, ct.grid, uneven, organ.id, confidence);
      put(drawn, found, organ.id, labels);
    }
  for (const Network& network : networks_) network.engine->release();
  return done;
}

std::int64_t Refiner::memory_needed() const {
  std::int64_t most = 0;
  for (const Network& n : networks_)
    most = std::max(most, n.engine->memory_needed(n.size) + n.size[0] * n.size[1] * n.size[2] * 16);
  return most;
}

std::shared_ptr<Refiner> make_refiner(
    const model::ModelInfo& info, const EngineOptions& options,
    const std::function<std::unique_ptr<Engine>(const model::Model&, const EngineOptions&)>& make) {
  if (info.refinements.empty()) return nullptr;
  EngineOptions own = options;
  own.precision = "fp32";
  return std::make_shared<Refiner>(info.refinements, info.organs,
                                   [&](const model::Model& model) { return make(model, own); });
}

}  // namespace anatomynet::inference

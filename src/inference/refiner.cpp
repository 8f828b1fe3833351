#include "inference/refiner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/clock.h"
#include "core/error.h"
#include "core/label_boxes.h"
#include "core/resample.h"
#include "quality/pieces.h"

namespace anatomynet::inference {
namespace {

// mm of a voxel from the first one along index axis k.
double mm_of(const Grid& grid, const AxisPositions* uneven, std::size_t k, double index) {
  return uneven && uneven->axis == static_cast<int>(k) ? uneven->mm_of(index) : index * grid.spacing[k];
}

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
          sum[k] += mm_of(labels.grid, uneven, k, double(box.low[k] + at[k]));
      }
  for (double& s : sum) s /= double(pieces.voxels[0]);
  return sum;
}

void mirror(std::vector<float>& volume, const Size3& size) {
  for (auto row = volume.begin(); row != volume.end(); row += size[0]) std::reverse(row, row + size[0]);
}

// The CT's voxels along one axis whose centres lie in the box, and where they lie among its samples.
struct Span {
  std::int64_t first = 0;
  std::vector<double> at;
};

Span span_of(const Grid& ct, const AxisPositions* uneven, std::size_t k, double from_mm, double spacing,
             std::int64_t samples) {
  Span span;
  for (std::int64_t i = 0; i < ct.size[k]; ++i) {
    const double at = (mm_of(ct, uneven, k, double(i)) - from_mm) / spacing;
    if (at < 0 || at > double(samples - 1)) continue;
    if (span.at.empty()) span.first = i;
    span.at.push_back(at);
  }
  return span;
}

float interpolated(const std::vector<float>& values, const Size3& size, const Vec3& at) {
  std::array<std::int64_t, 3> low{};
  std::array<float, 3> weight{};
  for (std::size_t k = 0; k < 3; ++k) {
    low[k] = std::min(static_cast<std::int64_t>(at[k]), size[k] - 2);
    weight[k] = static_cast<float>(at[k] - double(low[k]));
  }
  const auto value = [&](int x, int y, int z) {
    return values[static_cast<std::size_t>(((low[2] + z) * size[1] + low[1] + y) * size[0] + low[0] + x)];
  };
  const auto along_x = [&](int y, int z) {
    return value(0, y, z) + weight[0] * (value(1, y, z) - value(0, y, z));
  };
  const auto along_y = [&](int z) { return along_x(0, z) + weight[1] * (along_x(1, z) - along_x(0, z)); };
  return along_y(0) + weight[2] * (along_y(1) - along_y(0));
}

// The organ anew within the box: labels, how sure they are and what came second, slice by slice.
struct Drawing {
  std::array<Span, 3> spans;
  std::vector<std::uint8_t> labels, levels, rivals;
  std::int64_t voxels = 0, shared = 0;  // shared: with what was there before
};

Drawing redraw(const std::vector<float>& margins, const Size3& size, std::array<Span, 3> spans,
               const LabelVolume& labels, int id) {
  Drawing out{std::move(spans), {}, {}, {}};
  const auto& [sx, sy, sz] = out.spans;
  for (std::size_t z = 0; z < sz.at.size(); ++z)
    for (std::size_t y = 0; y < sy.at.size(); ++y)
      for (std::size_t x = 0; x < sx.at.size(); ++x) {
        const std::uint8_t was =
            labels.at(sx.first + static_cast<std::int64_t>(x), sy.first + static_cast<std::int64_t>(y),
                      sz.first + static_cast<std::int64_t>(z));
        const float margin = interpolated(margins, size, {sx.at[x], sy.at[y], sz.at[z]});
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

void put(const Drawing& drawn, const LabelBox& box, int id, LabelVolume& labels) {
  for_each_voxel_of(labels, box, id, [](std::uint8_t& label) { label = 0; });
  std::size_t i = 0;
  const auto end = [&](std::size_t k) {
    return drawn.spans[k].first + static_cast<std::int64_t>(drawn.spans[k].at.size());
  };
  for (std::int64_t z = drawn.spans[2].first; z < end(2); ++z)
    for (std::int64_t y = drawn.spans[1].first; y < end(1); ++y)
      for (std::int64_t x = drawn.spans[0].first; x < end(0); ++x, ++i)
        if (drawn.labels[i] != 0) labels.at(x, y, z) = static_cast<std::uint8_t>(id);
}

void put_confidence(const Drawing& drawn, const Grid& ct, const AxisPositions* uneven, int id,
                    Confidence& confidence) {
  const auto entry =
      std::find_if(confidence.begin(), confidence.end(), [&](const auto& c) { return c.id == id; });
  if (entry == confidence.end()) return;
  Grid grid = ct;
  Vec3 first{};
  std::optional<AxisPositions> positions;
  for (std::size_t k = 0; k < 3; ++k) {
    grid.size[k] = static_cast<std::int64_t>(drawn.spans[k].at.size());
    first[k] = mm_of(ct, uneven, k, double(drawn.spans[k].first)) / ct.spacing[k];
    if (!uneven || uneven->axis != static_cast<int>(k)) continue;
    const auto from = uneven->mm.begin() + drawn.spans[k].first;
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
      network.organs.push_back({find_organ(organs, seen.organ)->id, seen.mirrored});
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

std::vector<Redrawn> Refiner::refine(const CtView& ct, const AxisPositions* uneven, LabelVolume& labels,
                                     Confidence& confidence, double* network_seconds) {
  std::vector<Redrawn> done;
  const LabelBoxes boxes = label_boxes(labels);
  for (const Network& network : networks_)
    for (const Organ& organ : network.organs) {
      const LabelBox& found = boxes[static_cast<std::size_t>(organ.id)];
      if (found.empty()) continue;
      const Vec3 centre = centre_of(labels, found, uneven, organ.id);
      Grid box{network.size, network.spacing, {}, ct.grid.direction};
      Vec3 first{};
      std::array<Span, 3> spans;
      for (std::size_t k = 0; k < 3; ++k) {
        const double from = centre[k] - double(box.size[k] - 1) / 2 * box.spacing[k];
        first[k] = from / ct.grid.spacing[k];
        spans[k] = span_of(ct.grid, uneven, k, from, box.spacing[k], box.size[k]);
      }
      box.origin = ct.grid.to_world(first);
      const Drawing drawn = redraw(margins_in(box, ct, uneven, network, organ.mirrored, network_seconds),
                                   box.size, std::move(spans), labels, organ.id);
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

#include "pipeline/contour_box.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/vectors.h"

namespace anatomynet::pipeline {
namespace {

std::mutex one_at_a_time;

struct EngineGivesBack {
  inference::Engine& engine;
  ~EngineGivesBack() { engine.release(); }
};

// The network takes no volume of fewer voxels along an axis, however large they are.
constexpr std::int64_t least_margin = 8;

// The box and what the network is to see around it, within the volume.
LabelBox with_context(const LabelBox& box, const Grid& grid) {
  LabelBox out;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto wanted = static_cast<std::int64_t>(std::ceil(BoxContourer::context_mm / grid.spacing[k]));
    const std::int64_t margin = std::max(wanted, least_margin);
    out.low[k] = std::max<std::int64_t>(0, box.low[k] - margin);
    out.size[k] = std::min(grid.size[k], box.low[k] + box.size[k] + margin) - out.low[k];
  }
  return out;
}

CtVolume cropped(const CtVolume& ct, const LabelBox& box) {
  Grid grid = ct.grid;
  grid.size = box.size;
  grid.origin = ct.grid.to_world({double(box.low[0]), double(box.low[1]), double(box.low[2])});
  CtVolume out(grid);
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      std::copy_n(&ct.at(box.low[0], box.low[1] + y, box.low[2] + z), box.size[0], &out.at(0, y, z));
  return out;
}

UnevenSlices slices_of(const UnevenSlices& all, const CtVolume& part, std::int64_t first) {
  const auto at = static_cast<std::size_t>(first);
  std::vector<double> heights;
  for (std::int64_t z = 0; z < part.grid.size[2]; ++z)
    heights.push_back(all.positions().mm[at + static_cast<std::size_t>(z)] - all.positions().mm[at]);
  Grid grid = part.grid;
  const Vec3 origin = all.origin_of(first);
  const Vec3 shift = minus(part.grid.to_world({0, 0, 0}), all.on_slices().to_world({0, 0, double(first)}));
  for (std::size_t k = 0; k < 3; ++k) grid.origin[k] = origin[k] + shift[k];
  return {grid, heights};
}

}  // namespace

BoxContourer::BoxContourer(std::filesystem::path weights, EngineMaker make, inference::EngineOptions options)
    : weights_(std::move(weights)),
      make_(std::move(make)),
      options_(std::move(options)),
      model_(model::read_model(weights_)) {}

bool BoxContourer::draws(const std::string& organ) const {
  const Organ* const known = find_organ(model_.info.organs, organ);
  return known && !is_placed_by_shape(model_.info.shape_priors, known->name);
}

std::string BoxContourer::drawn() const {
  std::string names;
  for (const Organ& organ : model_.info.organs)
    if (draws(organ.name)) names += (names.empty() ? "" : ", ") + organ.name;
  return names;
}

std::optional<std::vector<std::uint8_t>> BoxContourer::contour(const io::CtImage& ct,
                                                               const std::string& organ,
                                                               const LabelBox& box) {
  const CtVolume& whole = ct.uneven ? ct.uneven->on_slices : ct.volume;
  for (std::size_t k = 0; k < 3; ++k)
    if (box.low[k] < 0 || box.size[k] < 1 || box.low[k] > whole.grid.size[k] - box.size[k])
      throw Error(ErrorKind::input, "the box is empty or leaves the volume (" + describe(whole.grid) + ")");
  if (!draws(organ))
    throw Error(ErrorKind::usage, organ + " is not drawn by the network of " + model_.info.name +
                                      ", which draws " + drawn() + "; correct it by hand");
  const std::unique_lock turn(one_at_a_time, std::try_to_lock);
  if (!turn.owns_lock()) return std::nullopt;
  const LabelBox seen = with_context(box, whole.grid);
  const CtVolume part = cropped(whole, seen);
  if (!engine_) engine_ = make_(model_, options_);
  inference::Segmenter segmenter(model_.info, engine_, options_.memory_limit,
                                 inference::make_refiner(model_.info, options_, make_));
  std::optional<UnevenSlices> uneven;
  if (ct.uneven && seen.size[2] > 1) uneven.emplace(slices_of(ct.uneven->slices, part, seen.low[2]));
  const Grid network = segmenter.network_grid(uneven ? uneven->even() : part.grid);
  if (network.voxel_count() > most_voxels)
    throw Error(ErrorKind::usage, "the box is too large: with " + std::to_string(int(context_mm)) +
                                      " mm around it the network would see " + describe(network) +
                                      ", at most " + std::to_string(most_voxels / 1'000'000) +
                                      " million voxels are taken; draw a smaller one");
  const EngineGivesBack after{*engine_};
  const LabelVolume labels =
      uneven ? uneven->to_slices(segmenter.run(part, *uneven).labels) : segmenter.run(CtView(part)).labels;
  const int id = find_organ(model_.info.organs, organ)->id;
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(box.size[0] * box.size[1] * box.size[2]));
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y) {
      const std::uint8_t* const row =
          &labels.at(box.low[0] - seen.low[0], box.low[1] - seen.low[1] + y, box.low[2] - seen.low[2] + z);
      std::transform(row, row + box.size[0], std::back_inserter(out),
                     [id](std::uint8_t label) { return static_cast<std::uint8_t>(label == id); });
    }
  return out;
}

}  // namespace anatomynet::pipeline

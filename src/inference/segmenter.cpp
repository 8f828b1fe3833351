#include "inference/segmenter.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "core/clock.h"
#include "core/cpus.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/resample.h"
#include "core/upright.h"

namespace anatomynet::inference {
namespace {

// Below this the network's receptive field sees nothing but padding.
constexpr std::int64_t smallest = 8;

constexpr std::int16_t air_hu = -1000;  // around an oblique volume

bool upright(const Grid& ct) { return obliquity(ct) <= Segmenter::most_oblique; }

// Precise enough that two that differ hardly ever read alike.
std::string size_text(std::int64_t bytes) {
  char text[32];
  const bool small = bytes < 10'000'000'000;
  std::snprintf(text, sizeof text, small ? "%.0f MB" : "%.1f GB", double(bytes) / (small ? 1e6 : 1e9));
  return text;
}

// Shows an engine's steps while it lives.
class WatchedSteps {
 public:
  WatchedSteps(Engine& engine, StepWatcher watcher) : engine_(engine) {
    engine_.watch_steps(std::move(watcher));
  }
  ~WatchedSteps() { engine_.watch_steps({}); }
  WatchedSteps(const WatchedSteps&) = delete;
  WatchedSteps& operator=(const WatchedSteps&) = delete;

 private:
  Engine& engine_;
};

// Where uneven slices lie once the axes are turned; `turned` gets the first voxel's true place.
AxisPositions turned_positions(const UnevenSlices& slices, const Orientation& turn, Grid& turned) {
  const std::vector<double>& mm = slices.positions().mm;
  const auto axis =
      std::find(turn.axis.begin(), turn.axis.end(), slices.positions().axis) - turn.axis.begin();
  AxisPositions out{static_cast<int>(axis), mm};
  Vec3 first{};
  for (std::size_t k = 0; k < 3; ++k)
    if (turn.flipped[k]) first[turn.axis[k]] = double(slices.even().size[turn.axis[k]] - 1);
  if (turn.flipped[axis]) {
    std::transform(mm.rbegin(), mm.rend(), out.mm.begin(), [&](double at) { return mm.back() - at; });
    first[2] = mm.back() / slices.even().spacing[2];
  }
  turned.origin = slices.even().to_world(first);
  return out;
}

}  // namespace

Segmenter::Segmenter(const model::ModelInfo& info, std::shared_ptr<Engine> engine, std::int64_t memory_limit,
                     std::shared_ptr<Refiner> refiner)
    : info_(info), engine_(std::move(engine)), memory_limit_(memory_limit), refiner_(std::move(refiner)) {
  info_.shape_priors.clear();  // megabytes that it has no use for
  info_.refinements.clear();
}

Grid Segmenter::network_grid(const Grid& ct) const {
  const Grid turned = upright(ct) ? reoriented(ct, nearest_orientation(ct)) : upright_grid(ct);
  return info_.spacing ? with_spacing(turned, *info_.spacing) : turned;
}

std::int64_t Segmenter::memory_needed(const Grid& ct) const {
  if (!upright(ct)) {
    const Grid upright = upright_grid(ct);
    return upright.voxel_count() * 2 + ct.voxel_count() + memory_needed(upright);
  }
  const Grid inner = network_grid(ct);
  // The labels, turned CT and labels beside their originals, a slice of floats a thread, the network's input.
  const std::int64_t turned = nearest_orientation(ct).identity() ? 0 : 4, slices = usable_cpus();
  const std::int64_t outer = ct.voxel_count() * (2 + turned) + slices * ct.size[0] * ct.size[1] * 4;
  // Memory that the engine keeps between runs is there beside the refiner's.
  const std::int64_t refiner = refiner_ ? refiner_->memory_needed() : 0;
  return outer + refiner + inner.voxel_count() * 4 + engine_->memory_needed(inner.size);
}

void Segmenter::require_memory(const Grid& ct) const {
  const std::int64_t needed = memory_needed(ct);
  if (memory_limit_ > 0 && needed > memory_limit_)
    throw Error(ErrorKind::memory, "this volume (" + describe(network_grid(ct)) +
                                       " for the network) needs about " + size_text(needed) +
                                       " of memory, the limit is " + size_text(memory_limit_) +
                                       "; raise the limit, or use --precision bf16 or a coarser volume");
  const std::int64_t available = available_memory();
  if (available > 0 && needed > available) {
    throw Error(ErrorKind::memory, "this volume (" + describe(network_grid(ct)) +
                                       " for the network) needs about " + size_text(needed) + " of memory, " +
                                       size_text(available) +
                                       " are available; use --memory slabs or --precision bf16 (--engine "
                                       "onednn), close other programs, or use a machine with more memory");
  }
}

void Segmenter::require_fit(const Grid& ct) const {
  const Grid inner = network_grid(ct);
  if (*std::min_element(inner.size.begin(), inner.size.end()) < smallest) {
    throw Error(ErrorKind::input, "the volume is too small: " + describe(ct) + " is " + describe(inner) +
                                      " for the network, which needs at least " + std::to_string(smallest) +
                                      " voxels along each axis; give the whole head-and-neck CT");
  }
  require_memory(ct);
}

Segmentation Segmenter::run(const CtView& ct, const Progress& progress) {
  const double start = seconds_now();
  require_fit(ct.grid);
  Segmentation result;
  if (upright(ct.grid)) {
    result = run_along_axes(ct, ct.grid, nullptr, progress);
  } else {
    const CtVolume turned = resample_oblique(ct, upright_grid(ct.grid), air_hu);
    result = run_along_axes(turned, turned.grid, nullptr, progress);
    result.labels = resample_oblique(result.labels, ct.grid);
  }
  result.total_seconds = seconds_now() - start;
  return result;
}

Segmentation Segmenter::run(const CtView& ct, const UnevenSlices& slices, const Progress& progress) {
  const double start = seconds_now();
  const Grid& even = slices.even();
  require_fit(even);
  Segmentation result;
  if (upright(even)) {
    result = run_along_axes(ct, even, &slices, progress);
  } else {
    // Positions count in the even grid's frame, whose axes those of the slices are.
    const CtVolume turned = resample_oblique(ct, upright_grid(even), air_hu, &slices.positions());
    result = run_along_axes(turned, turned.grid, nullptr, progress);
    result.labels = resample_oblique(result.labels, slices.on_slices(), &slices.positions());
  }
  result.labels = slices.to_even(result.labels);
  result.total_seconds = seconds_now() - start;
  return result;
}

Segmentation Segmenter::run_along_axes(const CtView& ct, const Grid& even, const UnevenSlices* slices,
                                       const Progress& progress) {
  const auto report = [&](std::string_view stage, double share) {
    if (progress) progress(stage, share);
  };
  const Grid inner = network_grid(even);
  report("Preparing the volume", 0);
  const Orientation turn = nearest_orientation(ct.grid);
  Grid target = reoriented(ct.grid, turn);
  std::optional<AxisPositions> uneven;
  if (slices) uneven = turned_positions(*slices, turn, target);
  const AxisPositions* positions = uneven ? &*uneven : nullptr;
  Volume<float> image;
  if (turn.identity()) {
    image = resample_linear(ct, inner, positions);
  } else {
    CtVolume turned = reorient(ct, turn);
    turned.grid = target;
    image = resample_linear(turned, inner, positions);
  }
  const auto low = static_cast<float>(info_.hu_low),
             scale = static_cast<float>(1 / (info_.hu_high - info_.hu_low));
  const auto voxels = static_cast<std::int64_t>(image.voxels.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < voxels; ++i)
    image.voxels[i] = std::clamp((image.voxels[i] - low) * scale, 0.0f, 1.0f);

  Segmentation result;
  result.network_grid = inner;
  report("Running the network", 0.05);
  std::vector<std::uint8_t> ids{0};
  for (const Organ& organ : info_.organs) ids.push_back(static_cast<std::uint8_t>(organ.id));
  const WatchedSteps watched(*engine_,
                             [&](double share) { report("Running the network", 0.05 + 0.85 * share); });
  std::optional<HuScores> hu;
  if (!info_.hu_curves.empty())
    hu.emplace(ct, turn, model::curves_of_channels(info_.hu_curves, info_.organs));
  LabelVolume labels = engine_->label(image.voxels, inner, ids, target, &result.network_seconds,
                                      &result.confidence, positions, hu ? &*hu : nullptr);
  image = {};

  report("Labelling", 0.9);
  if (refiner_ && turn.identity()) {
    result.redrawn = refiner_->refine(CtView(target, ct.voxels), positions, labels, result.confidence,
                                      &result.network_seconds);
  } else if (refiner_) {
    CtVolume turned = reorient(ct, turn);
    turned.grid = target;
    result.redrawn = refiner_->refine(turned, positions, labels, result.confidence, &result.network_seconds);
  }
  result.labels = turn.identity() ? std::move(labels) : reorient_back(labels, ct.grid, turn);
  result.labels.grid = ct.grid;
  report("Labelling", 1);
  return result;
}

}  // namespace anatomynet::inference

#include "inference/engine_check.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "inference/watched_engine.h"

namespace anatomynet::inference {

double EngineCheck::least_dice() const {
  double least = 1;
  for (const evaluation::OrganDice& o : organs)
    if (!by_shape.contains(o.id)) least = std::min(least, o.dice.value_or(1));
  return least;
}

void check_engines(const model::ModelInfo& info, const std::shared_ptr<Engine>& reference,
                   const std::shared_ptr<Engine>& checked, const CtVolume& ct, EngineCheck& sum) {
  const std::int64_t channels = reference->channels();
  const Grid grid = Segmenter(info, reference).network_grid(ct.grid);
  const std::int64_t plane = grid.size[0] * grid.size[1], voxels = grid.voxel_count();
  std::vector<float> kept;
  bool numbers = true;  // std::max forgets NaN
  const auto each = [&](std::span<const float> slab, std::int64_t z, std::int64_t slices, auto visit) {
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < slices * plane; ++i)
        visit(slab[c * slices * plane + i], kept[c * voxels + z * plane + i]);
  };
  const auto keep = [&](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
    kept.resize(static_cast<std::size_t>(channels * voxels));
    each(slab, z, slices, [&](float value, float& to) {
      to = value;
      numbers = numbers && std::isfinite(value);
      sum.largest_logit = std::max(sum.largest_logit, double(std::abs(value)));
    });
  };
  const auto compare = [&](std::span<const float> slab, std::int64_t z, std::int64_t slices) {
    each(slab, z, slices, [&](float value, float expected) {
      numbers = numbers && std::isfinite(value);
      sum.largest_difference = std::max(sum.largest_difference, double(std::abs(value - expected)));
    });
  };
  const auto labels_of = [&](const std::shared_ptr<Engine>& engine, const LogitsSink& watcher) {
    LabelVolume made = Segmenter(info, std::make_shared<WatchedEngine>(engine, watcher)).run(ct).labels;
    if (!numbers)
      throw Error(ErrorKind::model, "model " + info.name + ": the engine " + engine->name() + " in " +
                                        name_of(engine->arithmetic()) +
                                        " gives logits that are no finite numbers; make the weights anew, or "
                                        "use another precision");
    return made;
  };
  const LabelVolume expected = labels_of(reference, keep), labels = labels_of(checked, compare);

  sum.voxels += static_cast<std::int64_t>(labels.voxels.size());
  for (std::size_t i = 0; i < labels.voxels.size(); ++i) sum.same += labels.voxels[i] == expected.voxels[i];
  std::vector<int> ids;
  for (const Organ& o : info.organs) {
    ids.push_back(o.id);
    if (model::is_placed_by_shape(info.shape_priors, o.name)) sum.by_shape.insert(o.id);
  }
  const auto organs = evaluation::dice_of(labels, expected, ids);
  sum.organs.resize(organs.size());
  for (std::size_t i = 0; i < organs.size(); ++i) {
    evaluation::OrganDice& o = sum.organs[i];
    o.id = organs[i].id;
    o.predicted += organs[i].predicted;
    o.truth += organs[i].truth;
    o.overlap += organs[i].overlap;
    if (o.predicted + o.truth > 0) o.dice = 2 * double(o.overlap) / double(o.predicted + o.truth);
  }
  ++sum.cases;
}

}  // namespace anatomynet::inference

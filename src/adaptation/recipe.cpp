#include "adaptation/recipe.h"

#include <algorithm>

#include "inference/cpu.h"
#include "network/onednn_convolution.h"

namespace anatomynet::adaptation {
namespace {

// Whether every learnt organ's other side is learnt too: else a flipped sample would teach a kept organ.
bool both_sides(const std::vector<std::string>& learnt, const OrganTable& table) {
  const auto is_learnt = [&](const Organ& organ) {
    return std::find(learnt.begin(), learnt.end(), organ.name) != learnt.end();
  };
  return std::all_of(table.begin(), table.end(), [&](const Organ& organ) {
    const Organ* other = opposite_side(table, organ);
    if (!is_learnt(organ) || organ.laterality == Laterality::none) return true;
    return other != nullptr && is_learnt(*other);
  });
}

// Little: training sees what the network will see.
training::AugmentOptions light_augmentation(bool flip) {
  training::AugmentOptions a = training::no_augmentation({});
  a.flip = flip;
  a.organ_centred = 0.8;
  a.jitter = 0.2;
  a.rotation = 6;
  a.scale = 0.06;
  a.shift_hu = 15;
  a.noise_hu = 10;
  return a;
}

}  // namespace

std::int64_t steps_for(std::size_t cases) {
  return std::clamp<std::int64_t>(16 * static_cast<std::int64_t>(cases), 120, 400);
}

std::vector<std::string> held_layers(const std::string& architecture) {
  const auto network = network::make_network(architecture, 2);
  std::vector<std::string> names;
  for (const auto& child : network->named_children()) names.push_back(child.key());
  names.resize(std::max<std::size_t>(1, names.size() / 3));
  return names;
}

training::TrainOptions options_of(const Recipe& recipe, const model::ModelInfo& parent,
                                  const std::filesystem::path& weights, const OrganTable& table,
                                  std::size_t cases) {
  training::TrainOptions o;
  o.name = parent.name;
  o.architecture = parent.architecture;
  o.loss = "dice+focal";
  o.lambda = 20;
  o.missing = training::MissingAnnotation::marginal;
  o.start_from = weights;
  o.fresh_outputs = training::FreshOutputs::background;
  o.hold = held_layers(parent.architecture);
  if (!recipe.kept.empty()) o.distillation = {weights, recipe.keep, recipe.kept};
  o.augment = light_augmentation(both_sides(recipe.learnt, table));
  o.average = 0.97;
  o.seed = recipe.seed;
  o.phantom_only = parent.phantom_only;
  if (inference::cpu_has_tiles() && network::onednn_available()) o.precision = network::Precision::bf16;
  const std::int64_t steps = recipe.steps > 0 ? recipe.steps : steps_for(cases);
  training::Phase phase;
  phase.optimiser = "adamw";
  phase.learning_rate = 5e-4;
  phase.final_learning_rate = 1e-5;
  phase.warm_up = 10;
  phase.weight_decay = 1e-4;
  phase.clip = 5;
  phase.freeze_norm = true;
  phase.epochs = std::max<std::int64_t>(1, (steps + std::int64_t(cases) / 2) / std::int64_t(cases));
  phase.crop = {80, 72, 56};
  for (std::size_t k = 0; k < 3; ++k)
    phase.crop[k] = std::clamp<std::int64_t>((recipe.largest[k] + 7) / 8 * 8, 8, phase.crop[k]);
  o.phases = {phase};
  o.validate_every = phase.epochs;  // without validation cases: the last weights are kept
  return o;
}

}  // namespace anatomynet::adaptation

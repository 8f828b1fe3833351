#include "cli/train/train_config.h"

#include <array>

#include "core/toml_section.h"
#include "network/network.h"
#include "training/loss/losses.h"

namespace anatomynet::cli {
namespace {

void read_input(Section section, dataset::InputOptions& input) {
  if (const auto hu = section.list<double>("hu", 2); !hu.empty()) {
    input.hu_low = hu[0];
    input.hu_high = hu[1];
    if (!(hu[0] < hu[1])) section.fail(*section.find("hu"), "hu", "must be [low, high]");
  }
  if (const auto mm = section.list<double>("spacing_mm", 3); !mm.empty()) {
    for (const double s : mm)
      if (!(s > 0.1 && s < 20))
        section.fail(*section.find("spacing_mm"), "spacing_mm", "must lie between 0.1 and 20 mm");
    input.spacing = {mm[2], mm[1], mm[0]};
  }
  section.finish();
}

void read_loss(Section section, training::TrainOptions& options) {
  section.take_one_of("name", options.loss, training::loss_names());
  section.take("lambda", options.lambda, 0, 1000);
  take_missing(section, options.missing);
  const toml::node* weights = section.find("class_weights");
  if (weights && weights->is_string()) {
    if (weights->value<std::string>() != "counts")
      section.fail(*weights, "class_weights", "must be a list, background first, or \"counts\"");
    options.weights_by_counts = true;
  } else {
    options.class_weights = section.list<double>("class_weights", 0);
  }
  section.finish();
}

void read_distillation(Section section, const std::filesystem::path& beside,
                       training::Distillation& distillation) {
  std::string from;
  section.take("from", from);
  if (!from.empty()) distillation.from = beside / from;
  section.take("weight", distillation.weight, 0, 1e4);
  distillation.organs = section.list<std::string>("organs", 0);
  section.finish();
}

void read_augmentation(Section section, training::AugmentOptions& augment) {
  std::string preset = "default", labels = "nearest";
  section.take_one_of("preset", preset, std::array{"default", "none"});
  if (preset == "none") augment = training::no_augmentation(augment.crop);
  section.take("rotation_degrees", augment.rotation, 0, 90);
  section.take("scale", augment.scale, 0, 0.5);
  section.take("flip", augment.flip);
  section.take("organ_centred", augment.organ_centred, 0, 1);
  section.take("crop_jitter", augment.jitter, 0, 1);
  section.take("elastic", augment.elastic, 0, 1);
  section.take("elastic_spacing", augment.elastic_spacing, 4, 1000);
  section.take("elastic_voxels", augment.elastic_voxels, 0, 400);
  if (augment.elastic > 0 && augment.elastic_voxels > 0.4 * augment.elastic_spacing) {
    const bool given = section.find("elastic_voxels");
    const char* key = given ? "elastic_voxels" : "elastic_spacing";
    section.fail(*section.find(key), key,
                 "lets the field fold: elastic_voxels must be at most 0.4 times elastic_spacing");
  }
  section.take("plane_corner_jitter", augment.corner_jitter, 0, 0.2);
  section.take("plane_elastic_alpha", augment.plane_alpha, 0, 1e5);
  section.take("plane_elastic_sigma", augment.plane_sigma, 1, 1000);
  section.take_one_of("labels", labels, std::array{"nearest", "linear"});
  augment.labels =
      labels == "linear" ? training::LabelInterpolation::linear : training::LabelInterpolation::nearest;
  section.take("shift_hu", augment.shift_hu, 0, 500);
  section.take("contrast", augment.contrast, 0, 0.9);
  section.take("noise_hu", augment.noise_hu, 0, 500);
  section.take("blur", augment.blur, 0, 1);
  section.take("blur_voxels", augment.blur_voxels, 0, 10);
  section.take("gamma", augment.gamma, 0, 1);
  section.take("gamma_range", augment.gamma_range, 0, 2);
  section.take("streaks", augment.streaks, 0, 1);
  section.take("streak_hu", augment.streak_hu, 0, 3000);
  section.take("coarse", augment.coarse, 0, 1);
  section.take("coarse_factor", augment.coarse_factor, 1, 10);
  section.take("thick_slices", augment.thick_slices, 0, 1);
  section.take("thick_factor", augment.thick_factor, 1, 10);
  section.take("blank", augment.blank, 0, 1);
  section.finish();
}

training::Phase read_phase(Section section) {
  training::Phase phase;
  section.take_one_of("optimiser", phase.optimiser, training::optimisers());
  section.take("learning_rate", phase.learning_rate, 0, 100);
  phase.final_learning_rate = phase.learning_rate;
  section.take("final_learning_rate", phase.final_learning_rate, 0, 100);
  section.take("warm_up", phase.warm_up, 0, 1e6);
  section.take("epochs", phase.epochs, 1, 1e6);
  section.take_one_of("schedule", phase.schedule, training::learning_rate_schedules());
  section.take("power", phase.power, 0, 10);
  section.take("momentum", phase.momentum, 0, 0.9999);
  section.take("weight_decay", phase.weight_decay, 0, 1);
  section.take("clip", phase.clip, 0, 1e9);
  section.take("freeze_norm", phase.freeze_norm);
  if (const auto crop = section.list<std::int64_t>("crop", 3); !crop.empty()) {
    for (const auto n : crop)
      if (n < 8 || n > 4096)
        section.fail(*section.find("crop"), "crop", "must be [depth, height, width], 8 to 4096 voxels each");
    phase.crop = {crop[2], crop[1], crop[0]};
  }
  section.finish();
  return phase;
}

}  // namespace

void take_missing(Section& section, training::MissingAnnotation& rule) {
  std::string name = training::name_of(rule);
  section.take_one_of("missing", name, std::array{"masked", "marginal", "unmasked"});
  rule = *training::missing_annotation(name);
}

TrainConfig read_train_config(const std::filesystem::path& path) {
  const std::string file = path.string();
  const toml::table root = read_toml(file, "a training configuration (TOML)");
  TrainConfig config;
  training::TrainOptions& o = config.options;
  Section top(root, file, "");
  top.take("name", o.name);
  top.take_one_of("architecture", o.architecture, network::architectures());
  top.take("average", o.average, 0, 0.99999);
  top.take("validate_every", o.validate_every, 1, 1e6);
  top.take("calibrate", o.calibrate, 0, 1e6);
  top.take("checkpoint_activations", o.checkpoint_activations);
  top.take("phantom_only", o.phantom_only);
  top.take("data", config.data);
  top.take("repeat_rare", o.repeat_rare, 0, 1);
  top.take("accumulate", o.accumulate, 1, 1e4);
  top.take("sync_batch_norm", o.sync_batch_norm);
  top.take("explosion", o.explosion, 0, 1e9);
  top.take("checkpoint_minutes", o.checkpoint_minutes, 0, 1e6);
  std::string start;
  top.take("start_from", start);
  if (!start.empty()) o.start_from = path.parent_path() / start;
  std::string fresh = "random";
  top.take_one_of("fresh_outputs", fresh, std::array{"random", "background"});
  o.fresh_outputs =
      fresh == "background" ? training::FreshOutputs::background : training::FreshOutputs::random;
  o.hold = top.list<std::string>("hold", 0);
  auto seed = static_cast<std::int64_t>(o.seed);
  top.take("seed", seed, 0, 9e18);
  o.seed = static_cast<std::uint64_t>(seed);
  std::string precision = "fp32";
  top.take_one_of("precision", precision, std::array{"fp32", "bf16"});
  o.precision = precision == "bf16" ? network::Precision::bf16 : network::Precision::fp32;
  read_input(Section(subtable(top, "input"), file, "input."), config.input);
  read_loss(Section(subtable(top, "loss"), file, "loss."), o);
  read_augmentation(Section(subtable(top, "augmentation"), file, "augmentation."), o.augment);
  read_distillation(Section(subtable(top, "distillation"), file, "distillation."), path.parent_path(),
                    o.distillation);
  const toml::node* phases = top.find("phase");
  if (phases) {
    if (!phases->is_array_of_tables()) top.fail(*phases, "phase", "must be written as [[phase]]");
    o.phases.clear();
    for (const auto& phase : *phases->as_array())
      o.phases.push_back(read_phase(Section(*phase.as_table(), file, "phase.")));
  }
  top.finish();
  if (!config.data.empty()) config.data = (path.parent_path() / config.data).string();
  return config;
}

}  // namespace anatomynet::cli

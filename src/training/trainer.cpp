#include "training/trainer.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "core/error.h"
#include "core/version.h"
#include "network/weights.h"
#include "training/calibration.h"
#include "training/checkpoint.h"

namespace anatomynet {
namespace {

using torch::Tensor;

std::uint64_t mixed(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  // splitmix64 over the three: neighbouring seeds, epochs and cases give unrelated streams.
  std::uint64_t h = seed;
  for (const std::uint64_t v : {a, b}) {
    h += 0x9e3779b97f4a7c15ull + v;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ull;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebull;
    h ^= h >> 31;
  }
  return h;
}

std::vector<std::size_t> order_of(std::uint64_t seed, std::int64_t epoch, std::size_t cases) {
  std::vector<std::size_t> order(cases);
  for (std::size_t i = 0; i < cases; ++i) order[i] = i;
  for (std::size_t i = cases; i > 1; --i)
    std::swap(order[i - 1], order[mixed(seed, 0x0de5, static_cast<std::uint64_t>(epoch) * 1000003 + i) % i]);
  return order;
}

double learning_rate(const Phase& phase, std::int64_t step, std::int64_t steps) {
  const double t = double(step) / double(std::max<std::int64_t>(1, steps - 1));
  const double cosine = phase.final_learning_rate +
                        (phase.learning_rate - phase.final_learning_rate) * 0.5 * (1 + std::cos(M_PI * t));
  return step < phase.warm_up ? cosine * double(step + 1) / double(phase.warm_up) : cosine;
}

void check_optimiser(const std::string& name) {
  if (name != "rmsprop" && name != "sgd")
    throw Error(ErrorKind::usage, "unknown optimiser '" + name + "'; known are rmsprop, sgd");
}

std::unique_ptr<torch::optim::Optimizer> make_optimiser(const Phase& phase, Network& network) {
  if (phase.optimiser == "rmsprop") {
    return std::make_unique<torch::optim::RMSprop>(network.parameters(),
                                                   torch::optim::RMSpropOptions(phase.learning_rate));
  }
  return std::make_unique<torch::optim::SGD>(network.parameters(),
                                             torch::optim::SGDOptions(phase.learning_rate).momentum(0.9));
}

void set_rate(torch::optim::Optimizer& optimiser, double rate) {
  for (auto& group : optimiser.param_groups()) group.options().set_lr(rate);
}

class Run {
 public:
  Run(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
      torch::Device device, const TrainEvents& events)
      : set_(set),
        options_(options),
        folder_(folder),
        device_(device),
        events_(events),
        mirror_(mirror_classes(set.organs)) {
    torch::manual_seed(options.seed);
    network_ = make_network(options.architecture, static_cast<std::int64_t>(set.organs.size()) + 1);
    network_->to(device);
    average_ = make_network(options.architecture, static_cast<std::int64_t>(set.organs.size()) + 1);
    average_->to(device);
    blend_average(0);
    weights_ = torch::ones({static_cast<std::int64_t>(set.organs.size()) + 1});
    for (std::size_t i = 0; i < options.class_weights.size(); ++i)
      weights_[static_cast<std::int64_t>(i)] = options.class_weights[i];
    for (const Phase& phase : options.phases) epochs_ += phase.epochs;
    start_phase(0);
  }

  void resume() {
    RunState state;
    state.phase = peek_phase(folder_ / "checkpoint.pt");
    if (state.phase < 0 || state.phase >= std::int64_t(options_.phases.size())) {
      throw Error(ErrorKind::input,
                  (folder_ / "checkpoint.pt").string() + ": belongs to a run with other phases");
    }
    start_phase(state.phase);
    load_checkpoint(folder_ / "checkpoint.pt", *network_, *average_, *optimiser_, state);
    state_ = state;
  }

  bool go() {
    for (; state_.phase < std::int64_t(options_.phases.size()); next_phase()) {
      const Phase& phase = options_.phases[static_cast<std::size_t>(state_.phase)];
      while (state_.epoch_in_phase < phase.epochs) {
        if (!epoch(phase)) return false;
        ++state_.epoch_in_phase;
        ++state_.epoch;
        state_.step_in_epoch = 0;
        if (state_.epoch % options_.validate_every == 0 || state_.epoch == epochs_) keep_best();
        save();
      }
    }
    if (options_.calibrate > 0) calibrate();
    return true;
  }

 private:
  std::int64_t cases() const { return static_cast<std::int64_t>(set_.training.size()); }

  void start_phase(std::int64_t phase) {
    optimiser_ = make_optimiser(options_.phases[static_cast<std::size_t>(phase)], *network_);
  }

  void next_phase() {
    ++state_.phase;
    state_.epoch_in_phase = 0;
    if (state_.phase < std::int64_t(options_.phases.size())) start_phase(state_.phase);
  }

  bool epoch(const Phase& phase) {
    const auto order = order_of(options_.seed, state_.epoch, set_.training.size());
    AugmentOptions augment = options_.augment;
    augment.crop = phase.crop;
    for (; state_.step_in_epoch < cases(); ++state_.step_in_epoch) {
      if (events_.stop && events_.stop()) {
        save();
        return false;
      }
      const std::size_t index = order[static_cast<std::size_t>(state_.step_in_epoch)];
      const TrainingCase c = loaded(set_.training[index]);
      std::mt19937_64 random(mixed(options_.seed, static_cast<std::uint64_t>(state_.epoch), index));
      const Sample sample = augmented_crop(c, augment, mirror_, random);
      const double rate = learning_rate(phase, state_.epoch_in_phase * cases() + state_.step_in_epoch,
                                        phase.epochs * cases());
      const double loss = step(c, sample, rate);
      if (events_.on_step) {
        events_.on_step({state_.epoch * cases() + state_.step_in_epoch + 1, epochs_ * cases(),
                         state_.epoch + 1, epochs_, loss, rate, c.id});
      }
    }
    return true;
  }

  double step(const TrainingCase& c, const Sample& sample, double rate) {
    set_rate(*optimiser_, rate);
    optimiser_->zero_grad();
    const Tensor image =
        scale_hu(sample.image, set_.input.hu_low, set_.input.hu_high).unsqueeze(0).unsqueeze(0).to(device_);
    Tensor logits;
    {
      const PrecisionScope scope(options_.precision, device_);
      logits = forward_padded(*network_, image);
    }
    Target target{sample.labels.to(device_), c.annotated.to(device_), weights_.to(device_)};
    Tensor p = logits.to(torch::kFloat).softmax(1)[0];
    p = apply_missing(options_.missing, p, target);
    const Tensor loss = named_loss(options_.loss, options_.lambda, p, target);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw Error(ErrorKind::input, "training: the loss is not finite on case " + c.id +
                                        "; look at its image and labels, or lower the learning rate");
    }
    loss.backward();
    optimiser_->step();
    if (options_.average > 0) blend_average(std::min(options_.average, 1 - 1.0 / double(state_.updates + 1)));
    ++state_.updates;
    return value;
  }

  void blend_average(double decay) {
    torch::NoGradGuard no_grad;
    auto ours = state_of(*network_);
    auto theirs = state_of(*average_);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      Tensor& to = theirs[i].second;
      if (to.is_floating_point()) {
        to.mul_(decay).add_(ours[i].second, 1 - decay);
      } else {
        to.copy_(ours[i].second);
      }
    }
  }

  void keep_best() { keep_if_best(options_.average > 0 ? *average_ : *network_); }

  // The best weights so far, with the threshold of each organ set on training cases; kept if validation
  // agrees.
  void calibrate() {
    const auto best = make_network(read_model(folder_ / "best.safetensors"));
    best->to(device_);
    const auto offsets = calibrate_offsets(*best, set_, static_cast<std::size_t>(options_.calibrate),
                                           options_.precision, device_);
    add_offsets(*best, offsets);
    if (events_.on_message) {
      std::string text = "calibrated on training cases, logit offsets:";
      for (std::size_t i = 0; i < set_.organs.size(); ++i)
        text += " " + set_.organs[i].name + " " + std::to_string(offsets[i + 1]);
      events_.on_message(text);
    }
    keep_if_best(*best);
  }

  void keep_if_best(Network& candidate) {
    const Scores scores = validate(candidate, set_, device_, {.precision = options_.precision});
    const double mean = scores.mean();
    const bool best = set_.validation.empty() || mean > state_.best;
    if (best) {
      state_.best = mean;
      write_model(folder_ / "best.safetensors", describe_model(scores), weights_of(candidate));
    }
    if (events_.on_validation) events_.on_validation(state_.epoch, scores, best);
  }

  ModelInfo describe_model(const Scores& scores) const {
    ModelInfo info;
    info.name = options_.name;
    info.architecture = options_.architecture;
    info.organs = set_.organs;
    info.hu_low = set_.input.hu_low;
    info.hu_high = set_.input.hu_high;
    info.spacing = set_.input.spacing;
    info.phantom_only = options_.phantom_only;
    info.training_data = set_.description + " (" + std::to_string(set_.training.size()) + " training, " +
                         std::to_string(set_.validation.size()) + " validation cases)";
    info.attribution = set_.attribution;
    nlohmann::json metrics = {{"epoch", state_.epoch}, {"validation_dice", nlohmann::json::object()}};
    for (const auto& organ : scores.organs)
      if (!organ.dice.empty()) metrics["validation_dice"][organ.organ] = organ.mean();
    info.metrics = metrics.dump();
    info.code_version = version();
    return info;
  }

  void save() { save_checkpoint(folder_ / "checkpoint.pt", *network_, *average_, *optimiser_, state_); }

  const TrainingSet& set_;
  const TrainOptions& options_;
  std::filesystem::path folder_;
  torch::Device device_;
  const TrainEvents& events_;
  std::vector<std::int64_t> mirror_;
  std::shared_ptr<Network> network_, average_;
  std::unique_ptr<torch::optim::Optimizer> optimiser_;
  Tensor weights_;
  std::int64_t epochs_ = 0;
  RunState state_;
};

void check_set(const TrainingSet& set, const TrainOptions& options) {
  if (set.training.empty()) throw Error(ErrorKind::input, "training: the data set has no training cases");
  if (options.phases.empty()) throw Error(ErrorKind::usage, "training: the configuration has no [[phase]]");
  for (const Phase& phase : options.phases) check_optimiser(phase.optimiser);
  if (!options.class_weights.empty() && options.class_weights.size() != set.organs.size() + 1) {
    throw Error(ErrorKind::usage, "training: " + std::to_string(options.class_weights.size()) +
                                      " class weights for " + std::to_string(set.organs.size() + 1) +
                                      " classes (background first)");
  }
}

}  // namespace

bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events) {
  check_set(set, options);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorKind::output, folder.string() + ": cannot create: " + error.message());
  Run run(set, options, folder, device, events);
  if (resume) run.resume();
  return run.go();
}

}  // namespace anatomynet

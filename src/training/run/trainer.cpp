#include "training/run/trainer.h"

#include <algorithm>
#include <cmath>

#include <torch/torch.h>

#include "core/clock.h"
#include "core/error.h"
#include "network/weights.h"
#include "training/data/sampler.h"
#include "training/distributed/data_parallel.h"
#include "training/run/best_weights.h"
#include "training/run/checkpoint.h"
#include "training/run/epoch_plan.h"
#include "training/run/held_layers.h"
#include "training/run/step.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

constexpr std::size_t most_failures = 5;  // cases that one epoch may leave out

// `average` becomes decay times itself and the rest of `network`, its state and all.
void blend(network::Network& average, const network::Network& network, double decay) {
  torch::NoGradGuard no_grad;
  const auto ours = network::state_of(network);
  auto theirs = network::state_of(average);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    Tensor& to = theirs[i].second;
    if (to.equal(ours[i].second)) continue;  // so that what is held stays as it is, bit for bit
    if (to.is_floating_point()) {
      to.mul_(decay).add_(ours[i].second, 1 - decay);
    } else {
      to.copy_(ours[i].second);
    }
  }
}

class Run {
 public:
  Run(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
      torch::Device device, const TrainEvents& events, ProcessGroup& processes)
      : set_(set),
        options_(options),
        folder_(folder),
        device_(device),
        events_(events),
        processes_(processes),
        visits_(visits_of(set, options.repeat_rare)),
        best_(set, options, folder, device, events, processes),
        step_(set, options, device, processes, [this](double loss) { return why_unusable(loss); }) {
    torch::manual_seed(options.seed);
    network_ = network::make_network(options.architecture, set.classes());
    if (!options.start_from.empty()) {
      const WarmStart start =
          start_from(*network_, set.organs, model::read_model(options.start_from), options.fresh_outputs);
      tell(options.start_from.string() + ": " + start.text());
    }
    hold_layers(*network_, options.hold);
    network_->to(device);
    broadcast_state(processes, *network_);
    average_ = network::make_network(options.architecture, set.classes());
    average_->to(device);
    blend(*average_, *network_, 0);
    for (const Phase& phase : options.phases) epochs_ += phase.epochs;
    start_phase(0);
  }

  void resume() {
    RunState state;
    const std::string bytes = processes_.broadcast(processes_.first() ? read_checkpoint(checkpoint()) : "");
    state.phase = peek_phase(checkpoint(), bytes);
    if (state.phase < 0 || state.phase >= std::int64_t(options_.phases.size()))
      throw Error(ErrorKind::input, checkpoint().string() + ": belongs to a run with other phases");
    start_phase(state.phase);
    load_checkpoint(checkpoint(), bytes, *network_, *average_, *optimiser_, state);
    state_ = state;
    if (state_.step_in_epoch > visits()) {
      throw Error(ErrorKind::input, checkpoint().string() + ": belongs to a run on another data set, of " +
                                        "more cases an epoch; start without --resume");
    }
    saved_ = seconds_now();
  }

  bool run() {
    tell_position();
    if (state_.updates == 0 && state_.skipped.empty()) save();
    for (; state_.phase < std::int64_t(options_.phases.size()); next_phase()) {
      const Phase& phase = options_.phases[static_cast<std::size_t>(state_.phase)];
      while (state_.epoch_in_phase < phase.epochs) {
        if (!epoch(phase)) return false;
        ++state_.epoch_in_phase;
        ++state_.epoch;
        state_.step_in_epoch = 0;
        state_.skipped.clear();
        if (state_.epoch % options_.validate_every == 0 || state_.epoch == epochs_)
          best_.offer(options_.average > 0 ? *average_ : *network_, state_);
        save();
      }
    }
    if (options_.calibrate > 0) best_.calibrate(state_);
    return true;
  }

 private:
  std::int64_t visits() const { return static_cast<std::int64_t>(visits_.size()); }
  std::filesystem::path checkpoint() const { return folder_ / "checkpoint.pt"; }
  void tell(const std::string& text) const {
    if (events_.on_message) events_.on_message(text);
  }
  void tell_position() const {
    if (events_.on_position)
      events_.on_position(
          {state_.epoch * visits() + state_.step_in_epoch, epochs_ * visits(), state_.epoch, epochs_});
  }

  void start_phase(std::int64_t phase) {
    optimiser_ =
        make_optimiser(options_.phases[static_cast<std::size_t>(phase)], trained_parameters(*network_));
  }

  void next_phase() {
    ++state_.phase;
    state_.epoch_in_phase = 0;
    if (state_.phase == std::int64_t(options_.phases.size())) return;
    start_phase(state_.phase);
    save();
  }

  // `step_in_epoch` counts the cases that the epoch has used.
  bool epoch(const Phase& phase) {
    const EpochPlan plan(visits_, options_.seed, state_.epoch, options_.accumulate, processes_);
    auto samples = samples_from_here(phase, plan);
    while (state_.step_in_epoch < visits()) {
      if (processes_.any(events_.stop && events_.stop())) {
        save();
        return false;
      }
      if (seconds_now() - saved_ > 60 * options_.checkpoint_minutes) save();
      const auto positions = plan.group(state_.step_in_epoch, state_.skipped);
      if (!positions.empty() && !step(phase, plan, *samples, positions)) {
        samples = samples_from_here(phase, plan);
        continue;
      }
      state_.step_in_epoch = plan.end_of_group(state_.step_in_epoch);
    }
    return true;
  }

  // One update from the cases at these positions; false when the run was rolled back.
  bool step(const Phase& phase, const EpochPlan& plan, SampleLoader& samples,
            const std::vector<std::int64_t>& positions) {
    const double rate =
        learning_rate(phase, state_.epoch_in_phase * visits() + positions.front(), phase.epochs * visits());
    StepCases cases{positions, ""};
    for (const std::int64_t at : positions)
      cases.ids += (cases.ids.empty() ? "" : ",") + set_.training[plan.case_at(at)].id;
    StepResult result;
    try {
      result = step_.update(*network_, *optimiser_, phase, rate, samples, cases);
    } catch (const CaseFailure& failure) {
      roll_back(failure);
      return false;
    }
    if (options_.average > 0)
      blend(*average_, *network_, std::min(options_.average, 1 - 1.0 / double(state_.updates + 1)));
    ++state_.updates;
    state_.mean_loss += (result.loss - state_.mean_loss) / double(std::min<std::int64_t>(state_.updates, 50));
    if (events_.on_step) {
      events_.on_step({state_.epoch * visits() + positions.back() + 1, epochs_ * visits(), state_.epoch + 1,
                       epochs_, result.loss, rate, cases.ids, result.gradient_norm});
    }
    return true;
  }

  std::unique_ptr<SampleLoader> samples_from_here(const Phase& phase, const EpochPlan& plan) const {
    AugmentOptions augment = options_.augment;
    augment.crop = phase.crop;
    return std::make_unique<SampleLoader>(
        set_, augment, plan.requests(state_.step_in_epoch, state_.skipped, step_.synchronised()), device_);
  }

  std::string why_unusable(double loss) const {
    if (!std::isfinite(loss)) return "the loss is not finite";
    if (options_.explosion > 0 && state_.updates >= 50 && loss > options_.explosion * state_.mean_loss) {
      return "the loss is " + std::to_string(loss) + ", above " + std::to_string(options_.explosion) +
             " times its running mean " + std::to_string(state_.mean_loss);
    }
    return "";
  }

  // Back to the last checkpoint, from which this epoch goes on without the case.
  void roll_back(const CaseFailure& failure) {
    const std::string what = "training: " + failure.why + " on case " + failure.id;
    auto skipped = state_.skipped;
    skipped.push_back(failure.position);
    if (skipped.size() > std::min(most_failures, visits_.size() / 2)) {
      throw Error(ErrorKind::input, what + " (the " + std::to_string(skipped.size()) +
                                        ". failure of this epoch); look at " +
                                        "its image and labels, or lower the learning rate. " +
                                        checkpoint().string() + " is intact");
    }
    load_checkpoint(checkpoint(),
                    processes_.broadcast(processes_.first() ? read_checkpoint(checkpoint()) : ""), *network_,
                    *average_, *optimiser_, state_);
    state_.skipped = skipped;
    save();
    tell_position();
    tell(what + "; back to the checkpoint of update " + std::to_string(state_.updates) +
         ", and on without the case in this epoch");
  }

  // The checkpoint before stays as checkpoint.previous.pt; there is always a whole checkpoint.pt.
  void save() {
    if (!processes_.first()) return;
    std::error_code ignored;
    const auto previous = folder_ / "checkpoint.previous.pt";
    if (std::filesystem::exists(checkpoint(), ignored)) {
      std::filesystem::remove(previous, ignored);
      std::filesystem::create_hard_link(checkpoint(), previous, ignored);
    }
    save_checkpoint(checkpoint(), *network_, *average_, *optimiser_, state_);
    saved_ = seconds_now();
  }

  const TrainingSet& set_;
  const TrainOptions& options_;
  std::filesystem::path folder_;
  torch::Device device_;
  const TrainEvents& events_;
  ProcessGroup& processes_;
  std::vector<std::size_t> visits_;  // training cases, those with rare organs more than once
  BestWeights best_;
  double saved_ = seconds_now();
  std::shared_ptr<network::Network> network_, average_;
  std::unique_ptr<torch::optim::Optimizer> optimiser_;
  Step step_;
  std::int64_t epochs_ = 0;
  RunState state_;
};

void check_set(const TrainingSet& set, const TrainOptions& options) {
  if (set.training.empty()) throw Error(ErrorKind::input, "training: the data set has no training cases");
  if (options.phases.empty()) throw Error(ErrorKind::usage, "training: the configuration has no [[phase]]");
  for (const Phase& phase : options.phases) check_phase(phase);
  if (!options.class_weights.empty() && options.class_weights.size() != set.organs.size() + 1) {
    throw Error(ErrorKind::usage, "training: " + std::to_string(options.class_weights.size()) +
                                      " class weights for " + std::to_string(set.organs.size() + 1) +
                                      " classes (background first)");
  }
}

}  // namespace

bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events, ProcessGroup& processes) {
  check_set(set, options);
  require_same_set(processes, set);
  std::error_code error;
  if (processes.first()) std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorKind::output, folder.string() + ": cannot create: " + error.message());
  Run run(set, options, folder, device, events, processes);
  if (resume) run.resume();
  return run.run();
}

bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events) {
  ProcessGroup alone;
  return train(set, options, folder, resume, device, events, alone);
}

}  // namespace anatomynet::training

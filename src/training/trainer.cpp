#include "training/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include <torch/torch.h>

#include "core/error.h"
#include "network/batch_norm.h"
#include "network/computation.h"
#include "network/weights.h"
#include "training/calibration.h"
#include "training/checkpoint.h"
#include "training/data_parallel.h"
#include "training/model_record.h"
#include "training/sample_loader.h"
#include "training/sampler.h"
#include "training/warm_start.h"

namespace anatomynet {
namespace {

using torch::Tensor;

constexpr std::size_t most_failures = 5;  // cases that one epoch may leave out

bool out_of_memory(const std::exception& e) {
  if (dynamic_cast<const std::bad_alloc*>(&e)) return true;
  const std::string text = e.what();
  return dynamic_cast<const c10::Error*>(&e) && (text.find("out of memory") != std::string::npos ||
                                                 text.find("DefaultCPUAllocator") != std::string::npos);
}

std::string describe_size(const torch::Tensor& image) {
  return std::to_string(image.size(0)) + " x " + std::to_string(image.size(1)) + " x " +
         std::to_string(image.size(2));
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
        visits_(visits_of(set, options.repeat_rare)) {
    torch::manual_seed(options.seed);
    network_ = make_network(options.architecture, static_cast<std::int64_t>(set.organs.size()) + 1);
    if (!options.start_from.empty()) {
      const WarmStart start = start_from(*network_, set.organs, read_model(options.start_from));
      tell(options.start_from.string() + ": " + start.text());
    }
    network_->to(device);
    broadcast_state(*network_);
    average_ = make_network(options.architecture, static_cast<std::int64_t>(set.organs.size()) + 1);
    average_->to(device);
    blend_average(0);
    weights_ = torch::ones({static_cast<std::int64_t>(set.organs.size()) + 1});
    const auto class_weights = options.weights_by_counts
                                   ? weights_by_counts(set, options.missing == MissingAnnotation::marginal)
                                   : options.class_weights;
    for (std::size_t i = 0; i < class_weights.size(); ++i)
      weights_[static_cast<std::int64_t>(i)] = class_weights[i];
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
    saved_ = Clock::now();
  }

  bool go() {
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
        if (state_.epoch % options_.validate_every == 0 || state_.epoch == epochs_) keep_best();
        save();
      }
    }
    if (options_.calibrate > 0) calibrate();
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;

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
    optimiser_ = make_optimiser(options_.phases[static_cast<std::size_t>(phase)], network_->parameters());
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
    const auto order = order_of(options_.seed, state_.epoch, visits_.size());
    auto samples = samples_from_here(phase, order);
    while (state_.step_in_epoch < visits()) {
      if (processes_.any(events_.stop && events_.stop())) {
        save();
        return false;
      }
      if (Clock::now() - saved_ > std::chrono::duration<double, std::ratio<60>>(options_.checkpoint_minutes))
        save();
      const auto group = group_from(state_.step_in_epoch);
      if (!group.empty() && !step(phase, order, *samples, group)) {
        samples = samples_from_here(phase, order);
        continue;
      }
      state_.step_in_epoch = end_of_group(state_.step_in_epoch);
    }
    return true;
  }

  std::int64_t end_of_group(std::int64_t first) const {
    return std::min(first + options_.accumulate * processes_.size(), visits());
  }

  // The positions of one update that starts at `first`, less those that are left out.
  std::vector<std::int64_t> group_from(std::int64_t first) const {
    std::vector<std::int64_t> group;
    for (std::int64_t i = first; i < end_of_group(first); ++i)
      if (std::find(state_.skipped.begin(), state_.skipped.end(), i) == state_.skipped.end())
        group.push_back(i);
    return group;
  }

  // One update from the cases at these positions of the order; false when the run was rolled back.
  bool step(const Phase& phase, const std::vector<std::size_t>& order, SampleLoader& samples,
            const std::vector<std::int64_t>& group) {
    const double rate =
        learning_rate(phase, state_.epoch_in_phase * visits() + group.front(), phase.epochs * visits());
    set_learning_rate(*optimiser_, rate);
    set_modes(phase);
    optimiser_->zero_grad();
    double loss = 0;
    std::string ids;
    for (const std::int64_t at : group)
      ids += (ids.empty() ? "" : ",") + set_.training[visits_[order[static_cast<std::size_t>(at)]]].id;
    std::optional<RunningStatistics> statistics;  // of plain batch norm
    if (!synchronised()) statistics.emplace(*network_, processes_, group.size());
    try {
      for (const Turn& turn : turns_at(group.size(), processes_)) {
        if (!turn.counts && !synchronised()) {
          agree({});
          continue;
        }
        loss += backward(samples.next(), double(group.size()), group[turn.index], turn.counts);
        if (statistics) statistics->take(turn.index);
      }
    } catch (const CaseFailure& failure) {
      roll_back(failure.id, failure.position, failure.why);
      return false;
    }
    if (statistics) statistics->finish();
    sum_gradients(processes_, network_->parameters(), loss);
    const double norm = clip_gradients(network_->parameters(), phase.clip);
    if (!std::isfinite(norm)) {
      roll_back(ids, group.front(), "the gradient is not finite");
      return false;
    }
    optimiser_->step();
    if (options_.average > 0) blend_average(std::min(options_.average, 1 - 1.0 / double(state_.updates + 1)));
    ++state_.updates;
    state_.mean_loss += (loss - state_.mean_loss) / double(std::min<std::int64_t>(state_.updates, 50));
    if (events_.on_step) {
      events_.on_step({state_.epoch * visits() + group.back() + 1, epochs_ * visits(), state_.epoch + 1,
                       epochs_, loss, rate, ids, norm});
    }
    return true;
  }

  // Training mode; batch norm by its running statistics where the phase freezes them.
  void set_modes(const Phase& phase) {
    network_->train();
    if (!phase.freeze_norm) return;
    for (const auto& module : network_->modules())
      if (module->as<torch::nn::BatchNorm3d>()) module->eval();
  }

  // This process's samples of the epoch from `step_in_epoch` on, in the order in which `step` takes them.
  std::unique_ptr<SampleLoader> samples_from_here(const Phase& phase,
                                                  const std::vector<std::size_t>& order) const {
    AugmentOptions augment = options_.augment;
    augment.crop = phase.crop;
    std::vector<SampleRequest> requests;
    for (std::int64_t first = state_.step_in_epoch; first < visits(); first = end_of_group(first)) {
      const auto group = group_from(first);
      for (const Turn& turn : turns_at(group.size(), processes_)) {
        if (!turn.counts && !synchronised()) continue;
        const std::size_t visit = order[static_cast<std::size_t>(group[turn.index])];
        requests.push_back({visits_[visit], mixed_seed(options_.seed, std::uint64_t(state_.epoch), visit)});
      }
    }
    return std::make_unique<SampleLoader>(set_, augment, std::move(requests), device_);
  }

  bool synchronised() const { return options_.sync_batch_norm && processes_.size() > 1; }

  // All processes go on, or all throw the same failure.
  void agree(const CaseFailure& here) {
    const CaseFailure failure = first_failure(processes_, here);
    if (!failure.why.empty()) throw failure;
  }

  std::string why_unusable(double loss) const {
    if (!std::isfinite(loss)) return "the loss is not finite";
    if (options_.explosion > 0 && state_.updates >= 50 && loss > options_.explosion * state_.mean_loss) {
      return "the loss is " + std::to_string(loss) + ", above " + std::to_string(options_.explosion) +
             " times its running mean " + std::to_string(state_.mean_loss);
    }
    return "";
  }

  // Adds one case's share of the gradient; returns its share of the loss. A case that does not count is for
  // the statistics that all processes compute together.
  double backward(const LoadedSample& c, double cases, std::int64_t position, bool counts) try {
    const ComputationScope how({.checkpoint = options_.checkpoint_activations});
    std::optional<SharedStatisticsScope> shared;
    if (synchronised())
      shared.emplace(SharedStatistics{[this](const Tensor& t) { processes_.sum({t}); }, counts});
    const Tensor image =
        scale_hu(c.sample.image, set_.input.hu_low, set_.input.hu_high).unsqueeze(0).unsqueeze(0).to(device_);
    Tensor logits;
    {
      const PrecisionScope scope(options_.precision, device_);
      logits = forward_padded(*network_, image);
    }
    const MissingReading reading = read_missing(options_.missing, c.annotated.to(device_));
    const Target target{c.sample.labels.to(device_), reading.annotated, weights_.to(device_)};
    const ClassSums sums = class_sums_of_logits(logits[0], target.labels, reading);
    const Tensor loss = named_loss(options_.loss, options_.lambda, sums, target) / cases;
    const double value = loss.item<double>();
    agree({c.id, position, counts ? why_unusable(value * cases) : ""});
    (counts ? loss : 0 * loss).backward();
    return counts ? value : 0;
  } catch (const std::exception& e) {
    if (!out_of_memory(e)) throw;
    throw Error(ErrorKind::memory,
                "training: out of memory on case " + c.id + ", a sample of " + describe_size(c.sample.image) +
                    " voxels; set checkpoint_activations = true, " +
                    "precision = \"bf16\" or a smaller crop in the configuration, and go on with " +
                    "--resume");
  }

  // Back to the last checkpoint, from which this epoch goes on without the case.
  void roll_back(const std::string& id, std::int64_t position, const std::string& why) {
    auto skipped = state_.skipped;
    skipped.push_back(position);
    if (skipped.size() > std::min(most_failures, visits_.size() / 2)) {
      throw Error(ErrorKind::input, "training: " + why + " on case " + id + " (the " +
                                        std::to_string(skipped.size()) +
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
    tell("training: " + why + " on case " + id + "; back to the checkpoint of update " +
         std::to_string(state_.updates) + ", and on without the case in this epoch");
  }

  void broadcast_state(Network& network) {
    std::vector<Tensor> tensors;
    for (const auto& [name, tensor] : state_of(network)) tensors.push_back(tensor);
    processes_.broadcast(tensors);
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
    const auto best = processes_.first() ? make_network(read_model(folder_ / "best.safetensors"))
                                         : make_network(options_.architecture,
                                                        static_cast<std::int64_t>(set_.organs.size()) + 1);
    best->to(device_);
    broadcast_state(*best);
    auto offsets = calibrate_offsets(*best, set_, static_cast<std::size_t>(options_.calibrate),
                                     options_.precision, device_);
    const Tensor chosen = torch::tensor(offsets, torch::kDouble);  // in all processes alike
    processes_.broadcast(std::vector<Tensor>{chosen});
    for (std::size_t i = 0; i < offsets.size(); ++i)
      offsets[i] = chosen[static_cast<std::int64_t>(i)].item<double>();
    add_offsets(*best, offsets);
    {
      std::string text = "calibrated on training cases, logit offsets:";
      for (std::size_t i = 0; i < set_.organs.size(); ++i)
        text += " " + set_.organs[i].name + " " + std::to_string(offsets[i + 1]);
      tell(text);
    }
    keep_if_best(*best);
  }

  // Whole volumes of any size are measured in fp32 on a CPU: libtorch 1.13's bf16 convolutions give wrong
  // values for some sizes there (docs/training.md).
  Precision measuring_precision() const { return device_.is_cpu() ? Precision::fp32 : options_.precision; }

  void keep_if_best(Network& candidate) {
    const Scores share = validate(candidate, set_, device_,
                                  {.precision = measuring_precision(),
                                   .first = static_cast<std::size_t>(processes_.rank()),
                                   .stride = static_cast<std::size_t>(processes_.size()),
                                   .on_case = events_.on_validation_case});
    const Scores scores = gathered(processes_, set_, share);
    const double mean = scores.mean();
    const bool best = set_.validation.empty() || mean > state_.best;
    if (best) {
      state_.best = mean;
      if (processes_.first())
        write_model(folder_ / "best.safetensors", describe_model(set_, options_, state_.epoch, scores),
                    weights_of(candidate));
    }
    if (events_.on_validation) events_.on_validation(state_.epoch, scores, best);
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
    saved_ = Clock::now();
  }

  const TrainingSet& set_;
  const TrainOptions& options_;
  std::filesystem::path folder_;
  torch::Device device_;
  const TrainEvents& events_;
  ProcessGroup& processes_;
  std::vector<std::size_t> visits_;  // training cases, those with rare organs more than once
  Clock::time_point saved_ = Clock::now();
  std::shared_ptr<Network> network_, average_;
  std::unique_ptr<torch::optim::Optimizer> optimiser_;
  Tensor weights_;
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
  return run.go();
}

bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events) {
  ProcessGroup alone;
  return train(set, options, folder, resume, device, events, alone);
}

}  // namespace anatomynet

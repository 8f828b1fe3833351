#include "training/run/step.h"

#include <cmath>
#include <optional>

#include <torch/torch.h>

#include "core/error.h"
#include "network/batch_norm.h"
#include "network/computation.h"
#include "training/data/sampler.h"
#include "training/run/held_layers.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

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

Tensor weights_of_classes(const TrainingSet& set, const TrainOptions& options) {
  Tensor weights = torch::ones({set.classes()});
  const auto chosen = options.weights_by_counts
                          ? weights_by_counts(set, options.missing != MissingAnnotation::masked)
                          : options.class_weights;
  for (std::size_t i = 0; i < chosen.size(); ++i) weights[static_cast<std::int64_t>(i)] = chosen[i];
  return weights;
}

}  // namespace

Step::Step(const TrainingSet& set, const TrainOptions& options, torch::Device device, ProcessGroup& processes,
           std::function<std::string(double loss)> why_unusable)
    : set_(set),
      options_(options),
      device_(device),
      processes_(processes),
      why_unusable_(std::move(why_unusable)),
      class_weights_(weights_of_classes(set, options).to(device)) {
  if (!options.distillation.from.empty()) teacher_.emplace(set, options.distillation, device);
}

StepResult Step::update(network::Network& network, torch::optim::Optimizer& optimiser, const Phase& phase,
                        double learning_rate, SampleLoader& samples, const StepCases& cases) {
  set_learning_rate(optimiser, learning_rate);
  set_training_modes(network, phase.freeze_norm);
  const std::vector<Tensor> trained = trained_parameters(network);
  optimiser.zero_grad();
  StepResult result;
  const std::size_t count = cases.positions.size();
  std::optional<RunningStatistics> statistics;  // of plain batch norm
  if (!synchronised()) statistics.emplace(network, processes_, count);
  for (const Turn& turn : turns_at(count, processes_)) {
    if (!turn.counts && !synchronised()) {
      agree({});
      continue;
    }
    result.loss += backward(network, samples.next(), double(count), cases.positions[turn.index], turn.counts);
    if (statistics) statistics->take(turn.index);
  }
  if (statistics) statistics->finish();
  sum_gradients(processes_, trained, result.loss);
  result.gradient_norm = clip_gradients(trained, phase.clip);
  if (!std::isfinite(result.gradient_norm))
    throw CaseFailure{cases.ids, cases.positions.front(), "the gradient is not finite"};
  optimiser.step();
  return result;
}

// All processes go on, or all throw the same failure.
void Step::agree(const CaseFailure& here) {
  const CaseFailure failure = first_failure(processes_, here);
  if (!failure.why.empty()) throw failure;
}

// Adds one case's share of the gradient; returns its share of the loss. A case that does not count is for
// the statistics that all processes compute together.
double Step::backward(network::Network& network, const LoadedSample& c, double cases, std::int64_t position,
                      bool counts) try {
  const network::ComputationScope how({.checkpoint = options_.checkpoint_activations});
  std::optional<network::SharedStatisticsScope> shared;
  if (synchronised())
    shared.emplace(network::SharedStatistics{[this](const Tensor& t) { processes_.sum({t}); }, counts});
  const Tensor image =
      scale_hu(c.sample.image, set_.input.hu_low, set_.input.hu_high).unsqueeze(0).unsqueeze(0).to(device_);
  Tensor logits;
  {
    const network::PrecisionScope scope(options_.precision, device_);
    logits = network::forward_padded(network, image);
  }
  const Sample& sample = c.sample;
  const MissingReading reading = read_missing(options_.missing, sample.annotated.to(device_), sample.known);
  const Target target{sample.labels.to(device_), reading.annotated, class_weights_};
  const Tensor zones = sample.zones.defined() ? sample.zones.to(device_) : sample.zones;
  const ClassSums sums = class_sums_of_logits(logits[0], target.labels, reading, zones);
  Tensor loss = named_loss(options_.loss, options_.lambda, sums, target);
  if (teacher_) loss = loss + teacher_->loss(image, logits, sample, options_.precision);
  loss = loss / cases;
  const double value = loss.item<double>();
  agree({c.id, position, counts ? why_unusable_(value * cases) : ""});
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

}  // namespace anatomynet::training

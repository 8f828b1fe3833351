#pragma once
#include <functional>
#include <optional>

#include "training/data/sample_loader.h"
#include "training/distributed/data_parallel.h"
#include "training/run/optimiser.h"
#include "training/run/trainer.h"

namespace anatomynet::training {

/// The cases of one update: positions in the epoch's order.
struct StepCases {
  std::vector<std::int64_t> positions;
  std::string ids;  ///< with commas
};

struct StepResult {
  double loss = 0, gradient_norm = 0;
};

/// Makes one update of a network from the cases of a group, in all processes alike.
class Step {
 public:
  /// `why_unusable` says of one case's loss why it cannot be learnt from; empty where it can.
  Step(const TrainingSet& set, const TrainOptions& options, torch::Device device, ProcessGroup& processes,
       std::function<std::string(double loss)> why_unusable);

  /// Batch statistics are computed over the cases that all processes see at a time.
  bool synchronised() const { return options_.sync_batch_norm && processes_.size() > 1; }

  /// Throws CaseFailure, in all processes the same, before the update: the weights are untouched, batch
  /// norm's running statistics may not be. Error(memory) naming the case.
  StepResult update(network::Network& network, torch::optim::Optimizer& optimiser, const Phase& phase,
                    double learning_rate, SampleLoader& samples, const StepCases& cases);

 private:
  double backward(network::Network& network, const LoadedSample& c, double cases, std::int64_t position,
                  bool counts);
  void agree(const CaseFailure& here);

  const TrainingSet& set_;
  const TrainOptions& options_;
  torch::Device device_;
  ProcessGroup& processes_;
  std::function<std::string(double)> why_unusable_;
  torch::Tensor class_weights_;
  std::optional<Teacher> teacher_;
};

}  // namespace anatomynet::training

#pragma once
#include <filesystem>

#include "training/run/checkpoint.h"
#include "training/run/trainer.h"

namespace anatomynet::training {

/// The weights with the highest mean validation Dice of a run, best.safetensors in its folder: selection is
/// on validation cases only. All processes call it alike; each validates its share of the cases, process 0
/// alone writes.
class BestWeights {
 public:
  /// What is handed in is kept by reference.
  BestWeights(const TrainingSet& set, const TrainOptions& options, std::filesystem::path folder,
              torch::Device device, const TrainEvents& events, ProcessGroup& processes);

  /// Validates the candidate and writes it if it is the best so far (without validation cases: always);
  /// `state.best` is the highest mean Dice. Error(output) as write_model.
  void offer(network::Network& candidate, RunState& state);

  /// Offers the best weights so far once more, with each organ's threshold set on training cases
  /// (training/run/calibration.h).
  void calibrate(RunState& state);

 private:
  std::filesystem::path file() const { return folder_ / "best.safetensors"; }

  const TrainingSet& set_;
  const TrainOptions& options_;
  std::filesystem::path folder_;
  torch::Device device_;
  const TrainEvents& events_;
  ProcessGroup& processes_;
};

}  // namespace anatomynet::training

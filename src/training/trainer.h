#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "network/network.h"
#include "network/precision.h"
#include "training/augment.h"
#include "training/losses.h"
#include "training/packed_set.h"
#include "training/validation.h"

namespace anatomynet {

/// A stretch of training with one optimiser, one crop size and one learning-rate curve.
struct Phase {
  std::string optimiser = "rmsprop";                        ///< "rmsprop" or "sgd" (momentum 0.9)
  double learning_rate = 2e-3, final_learning_rate = 2e-3;  ///< cosine from one to the other
  std::int64_t warm_up = 0;                                 ///< steps of linear rise at the start
  std::int64_t epochs = 1;                                  ///< each visits every training case once
  Size3 crop{96, 80, 64};                                   ///< voxels x y z
};

struct TrainOptions {
  std::string name = "model", architecture = "AnatomyNet";
  std::string loss = "dice+focal";
  double lambda = 0.5;
  MissingAnnotation missing = MissingAnnotation::masked;
  std::vector<double> class_weights;  ///< background first; empty: all 1
  AugmentOptions augment;
  std::vector<Phase> phases{Phase{}};
  double average = 0;  ///< decay of the running average of weights that is validated and kept; 0: none
  std::int64_t validate_every = 1;  ///< epochs
  std::int64_t calibrate = 0;  ///< training cases for the final calibration (training/calibration.h); 0: none
  std::uint64_t seed = 1;
  Precision precision = Precision::fp32;
  bool phantom_only = false;
};

struct StepReport {
  std::int64_t step = 0, steps = 0, epoch = 0, epochs = 0;
  double loss = 0, learning_rate = 0;
  std::string case_id;
};

/// What a run tells its caller; any may be empty. `stop` is asked before each step: true saves a checkpoint
/// and ends.
struct TrainEvents {
  std::function<void(const StepReport&)> on_step;
  std::function<void(std::int64_t epoch, const Scores&, bool best)> on_validation;
  std::function<void(const std::string&)> on_message;
  std::function<bool()> stop;
};

/// Trains on `set` and writes to `folder`: checkpoint.pt (whole or not at all, every epoch and when stopped),
/// best.safetensors (highest mean validation Dice so far; without validation cases, the last). With `resume`
/// it goes on from checkpoint.pt. The order of cases and all augmentation follow from the seed, epoch and
/// case alone. Returns true when all phases are done. Errors: Error(input) for a set that cannot be trained
/// on, a loss that is not finite (with the case's name), Error(output).
bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events);

}  // namespace anatomynet

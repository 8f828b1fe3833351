#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "network/network.h"
#include "network/precision.h"
#include "training/augmentation/augment.h"
#include "training/data/packed_set.h"
#include "training/distributed/process_group.h"
#include "training/loss/losses.h"
#include "training/run/optimiser.h"
#include "training/run/teacher.h"
#include "training/run/validation.h"
#include "training/run/warm_start.h"

namespace anatomynet::training {

struct TrainOptions {
  std::string name = "model", architecture = "AnatomyNet";
  std::string loss = "dice+focal";
  double lambda = 0.5;
  MissingAnnotation missing = MissingAnnotation::masked;
  std::vector<double> class_weights;  ///< background first; empty: all 1
  bool weights_by_counts = false;     ///< class weights by annotation counts (training/data/sampler.h)
  double repeat_rare = 0;        ///< rarely annotated organs are seen more often (training/data/sampler.h)
  std::int64_t accumulate = 1;   ///< cases a step and process; their gradients are averaged
  bool sync_batch_norm = false;  ///< batch statistics over the cases that all processes see at a time
  std::filesystem::path start_from;  ///< weights to start from (training/run/warm_start.h); empty: none
  FreshOutputs fresh_outputs = FreshOutputs::random;  ///< of organs that `start_from` lacks
  std::vector<std::string> hold;  ///< layers that stay as they are (training/run/held_layers.h)
  Distillation distillation;      ///< organs that stay as other weights draw them
  AugmentOptions augment;
  std::vector<Phase> phases{Phase{}};
  double average = 0;  ///< decay of the running average of weights that is validated and kept; 0: none
  std::int64_t validate_every = 1;  ///< epochs
  std::int64_t calibrate =
      0;  ///< training cases for the final calibration (training/run/calibration.h); 0: none
  std::uint64_t seed = 1;
  network::Precision precision = network::Precision::fp32;
  bool checkpoint_activations = false;  ///< whole volumes in little memory (network/checkpoint_block.h)
  bool phantom_only = false;
  double checkpoint_minutes = 5;  ///< between checkpoints within an epoch; one is written after each epoch
  double explosion = 20;  ///< a loss above this multiple of its running mean counts as failed; 0: none does
};

struct StepReport {
  std::int64_t step = 0, steps = 0, epoch = 0, epochs = 0;
  double loss = 0, learning_rate = 0;
  std::string case_id;  ///< the step's cases, with commas
  double gradient_norm = 0;
};

/// Where a run stands, counted as in StepReport: `step` and `epoch` are those that are done.
struct RunPosition {
  std::int64_t step = 0, steps = 0, epoch = 0, epochs = 0;
};

/// What a run tells its caller; any may be empty. `stop` is asked before each step: true saves a checkpoint
/// and ends.
struct TrainEvents {
  /// The run starts, goes on from a checkpoint or was taken back to one: what was told of later steps, and of
  /// validations after them, is void and will be told again.
  std::function<void(const RunPosition&)> on_position;
  std::function<void(const StepReport&)> on_step;
  /// Before on_validation, each validated case of this process with its predicted classes on its truth's
  /// grid.
  std::function<void(const TrainingCase&, const LabelVolume& predicted)> on_validation_case;
  std::function<void(std::int64_t epoch, const Scores&, bool best)> on_validation;
  std::function<void(const std::string&)> on_message;
  std::function<bool()> stop;
};

/// Trains on `set` and writes to `folder`: checkpoint.pt (whole or not at all, every epoch and when stopped),
/// best.safetensors (highest mean validation Dice so far; without validation cases, the last). With `resume`
/// it goes on from checkpoint.pt. The order of cases and all augmentation follow from the seed, epoch and
/// case alone. Returns true when all phases are done. Errors: Error(input) for a set that cannot be trained
/// on, a loss that is not finite (with the case's name), Error(output).
///
/// With many processes all call this alike (training/distributed/data_parallel.h); a step takes `accumulate`
/// cases of the epoch's order in each of them, process 0 alone writes to `folder`, and `stop` in one stops
/// all. Error(usage) for more processes than training cases or sets that differ, Error(peer_lost) where a
/// process is lost.
bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events, ProcessGroup& processes);
bool train(const TrainingSet& set, const TrainOptions& options, const std::filesystem::path& folder,
           bool resume, torch::Device device, const TrainEvents& events);

}  // namespace anatomynet::training

#pragma once
#include <limits>

#include "training/cases.h"
#include "training/run/trainer.h"

namespace anatomynet::test {

/// What every process of a test trains on. With `bad_case` > 0 that case's labels (from 1) make no finite
/// loss.
inline training::TrainingSet distributed_set(int cases, int bad_case = 0) {
  training::TrainingSet set = small_set(static_cast<std::size_t>(cases), 3);
  if (bad_case > 0) {
    set.training[static_cast<std::size_t>(bad_case - 1)].annotated.fill_(
        std::numeric_limits<float>::quiet_NaN());
  }
  return set;
}

inline training::TrainOptions distributed_options(int epochs, int accumulate, bool sync) {
  training::TrainOptions options;
  options.augment = {.rotation = 5, .scale = 0.05, .blank = 0.2, .organ_centred = 0.5};
  options.phases = {{.optimiser = "sgd",
                     .learning_rate = 5e-3,
                     .final_learning_rate = 2e-3,
                     .epochs = epochs,
                     .crop = {10, 12, 10}}};
  options.accumulate = accumulate;
  options.sync_batch_norm = sync;
  return options;
}

}  // namespace anatomynet::test

#pragma once
#include <memory>
#include <string>
#include <vector>

#include <torch/optim/optimizer.h>

#include "core/grid.h"

namespace anatomynet::training {

/// A stretch of training with one optimiser, one crop size and one learning-rate curve.
struct Phase {
  std::string optimiser = "rmsprop";                        ///< "rmsprop", "sgd" or "adamw"
  double learning_rate = 2e-3, final_learning_rate = 2e-3;  ///< from one to the other along `schedule`
  std::int64_t warm_up = 0;                                 ///< steps of linear rise at the start
  std::int64_t epochs = 1;                                  ///< each visits every training case
  Size3 crop{96, 80, 64};                                   ///< voxels x y z
  std::string schedule = "cosine";                          ///< "cosine", "polynomial" or "constant"
  double power = 0.9;                                       ///< of the polynomial
  double momentum = 0.9;                                    ///< of SGD
  double weight_decay = 0;  ///< AdamW's is decoupled (Loshchilov and Hutter 2019); L2 for the others
  /// Batch norm by its running statistics, which stay as they are. One volume a step normalised by its own
  /// statistics has channel means that do not depend on it: squeeze and excitation then sees constants in
  /// training and the truth afterwards. A last phase with this makes both the same.
  bool freeze_norm = false;
  double clip = 0;  ///< largest norm of all gradients together; 0: no limit
};

/// What a phase may name.
const std::vector<std::string>& optimisers();
const std::vector<std::string>& learning_rate_schedules();

/// Error(usage) naming the unknown optimiser or schedule and the known ones.
void check_phase(const Phase& phase);

std::unique_ptr<torch::optim::Optimizer> make_optimiser(const Phase& phase,
                                                        std::vector<torch::Tensor> parameters);

/// The rate of step `step` of `steps` (from 0) of the phase:
/// cosine      f + (l - f) (1 + cos(pi t)) / 2,  t = step / (steps - 1)
/// polynomial  f + (l - f) (1 - t)^power
/// constant    l
/// times (step + 1) / warm_up during warm-up.
double learning_rate(const Phase& phase, std::int64_t step, std::int64_t steps);

void set_learning_rate(torch::optim::Optimizer& optimiser, double rate);

/// The norm of all gradients together; afterwards they are scaled down to `limit` where it is above (0: no
/// limit). A norm that is not finite leaves them as they are.
double clip_gradients(const std::vector<torch::Tensor>& parameters, double limit);

}  // namespace anatomynet::training

#include "training/run/optimiser.h"

#include <algorithm>
#include <cmath>

#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include "core/error.h"

namespace anatomynet::training {

namespace {

void check_known(const char* what, const std::string& name, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  throw Error(ErrorKind::usage, std::string("unknown ") + what + " '" + name + "'; known are " + list);
}

}  // namespace

const std::vector<std::string>& optimisers() {
  static const std::vector<std::string> names{"rmsprop", "sgd", "adamw"};
  return names;
}

const std::vector<std::string>& learning_rate_schedules() {
  static const std::vector<std::string> names{"cosine", "polynomial", "constant"};
  return names;
}

void check_phase(const Phase& phase) {
  check_known("optimiser", phase.optimiser, optimisers());
  check_known("learning-rate schedule", phase.schedule, learning_rate_schedules());
}

std::unique_ptr<torch::optim::Optimizer> make_optimiser(const Phase& phase,
                                                        std::vector<torch::Tensor> parameters) {
  namespace optim = torch::optim;
  check_phase(phase);
  if (phase.optimiser == "rmsprop") {
    return std::make_unique<optim::RMSprop>(
        std::move(parameters), optim::RMSpropOptions(phase.learning_rate).weight_decay(phase.weight_decay));
  }
  if (phase.optimiser == "adamw") {
    return std::make_unique<optim::AdamW>(
        std::move(parameters), optim::AdamWOptions(phase.learning_rate).weight_decay(phase.weight_decay));
  }
  return std::make_unique<optim::SGD>(
      std::move(parameters),
      optim::SGDOptions(phase.learning_rate).momentum(phase.momentum).weight_decay(phase.weight_decay));
}

double learning_rate(const Phase& phase, std::int64_t step, std::int64_t steps) {
  const double t = double(step) / double(std::max<std::int64_t>(1, steps - 1));
  double share = 1;  // of the way from the final rate up to the first
  if (phase.schedule == "cosine") share = 0.5 * (1 + std::cos(M_PI * t));
  if (phase.schedule == "polynomial") share = std::pow(std::max(0.0, 1 - t), phase.power);
  const double rate = phase.final_learning_rate + (phase.learning_rate - phase.final_learning_rate) * share;
  return step < phase.warm_up ? rate * double(step + 1) / double(phase.warm_up) : rate;
}

void set_learning_rate(torch::optim::Optimizer& optimiser, double rate) {
  for (auto& group : optimiser.param_groups()) group.options().set_lr(rate);
}

double clip_gradients(const std::vector<torch::Tensor>& parameters, double limit) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> squares;
  for (const auto& p : parameters)
    if (p.grad().defined()) squares.push_back(p.grad().to(torch::kDouble).square().sum());
  if (squares.empty()) return 0;
  const double norm = torch::stack(squares).sum().sqrt().item<double>();
  if (limit > 0 && std::isfinite(norm) && norm > limit)
    for (const auto& p : parameters)
      if (p.grad().defined()) p.mutable_grad().mul_(limit / norm);
  return norm;
}

}  // namespace anatomynet::training

#include "training/parity/parity.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <torch/torch.h>

#include "core/error.h"
#include "network/computation.h"
#include "training/loss/losses.h"
#include "training/parity/reference_file.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

constexpr double logits_tolerance = 1e-4, loss_tolerance = 1e-5, gradient_tolerance = 1e-3,
                 step_tolerance = 1e-3;
constexpr double rounding = 1e-5;  // of a layer's largest gradient: below it a gradient's sign is a coin toss

class Comparison {
 public:
  Comparison(const ReferenceFile& theirs, ParityReport& report) : theirs_(theirs), report_(report) {}

  // `counted`: elements to compare, undefined means all. `least`: what the tensor's largest counts as at
  // least.
  void add(const std::string& key, const Tensor& ours, double tolerance, const Tensor& counted = {},
           double least = 0) {
    const Tensor* reference = theirs_.find(key);
    if (!reference) return;
    compared_.insert(key);
    ParityEntry entry{key, 0, 0, tolerance};
    if (ours.squeeze().sizes() != reference->squeeze().sizes()) {
      entry.max_absolute = entry.max_relative = std::numeric_limits<double>::infinity();
    } else {
      const Tensor a = ours.detach().to(torch::kDouble).flatten(),
                   b = reference->to(torch::kDouble).flatten();
      Tensor difference = (a - b).abs();
      if (counted.defined()) difference = difference.masked_fill(counted.flatten().logical_not(), 0);
      entry.max_absolute = difference.max().item<double>();
      const double largest = std::max(least, b.abs().max().item<double>());
      entry.max_relative = entry.max_absolute == 0 ? 0 : entry.max_absolute / largest;
    }
    report_.entries.push_back(entry);
  }

  // What was in the file beside the inputs and was not asked for.
  void note_the_rest() {
    for (const auto& [key, tensor] : theirs_.tensors()) {
      const bool input = key == "input" || key == "labels" || key == "flags" || key == "class_weights" ||
                         key.starts_with("state/");
      if (input || compared_.contains(key)) continue;
      if (key.starts_with("grad_of_dice/") || key.starts_with("after_one_rmsprop_step/"))
        theirs_.fail("'" + key + "' is about a tensor that " + report_.architecture + " does not have");
      report_.not_compared.push_back(key);
    }
  }

 private:
  const ReferenceFile& theirs_;
  ParityReport& report_;
  std::set<std::string> compared_;
};

Target target_of(const ReferenceFile& file, const Tensor& p) {
  const std::int64_t classes = p.size(0);
  const Target target{file.required("labels").to(torch::kLong).reshape(p.sizes().slice(1)),
                      file.required("flags").flatten().to(torch::kFloat),
                      file.required("class_weights").flatten().to(torch::kFloat)};
  if (target.annotated.numel() != classes || target.weights.numel() != classes)
    file.fail("flags and class_weights need one value for each of " + std::to_string(classes) + " classes");
  if (target.labels.min().item<std::int64_t>() < 0 || target.labels.max().item<std::int64_t>() >= classes)
    file.fail("labels are not all in 0.." + std::to_string(classes - 1));
  return target;
}

void compare_losses(Comparison& comparison, const Tensor& p, const Target& target) {
  const std::pair<const char*, Tensor (*)(const ClassSums&, const Target&)> losses[] = {
      {"dice_masked", dice_loss},
      {"focal_masked", focal_loss},
      {"focal_dice_masked", focal_dice_loss},
      {"cross_entropy_masked", cross_entropy_loss},
      {"exp_log_masked", exp_log_loss},
      {"generalised_dice_masked", generalised_dice_loss}};
  const ClassSums sums = class_sums(p, target.labels);
  for (const auto& [name, loss] : losses)
    comparison.add(std::string("loss/") + name, loss(sums, target), loss_tolerance);
}

// Elements whose first RMSprop step is sure where the gradient g may be off by `noise`: 10 rate g / (|g| +
// 1e-7), for a mean of squares of 0.01 g^2 and an epsilon of 1e-8. Where g is about 1e-7 or changes its sign,
// noise moves the step.
Tensor sure_steps(const Tensor& parameter, const Tensor& g, double noise, double rate) {
  constexpr double scaled_epsilon = 1e-7;
  const Tensor least = (g.abs() - noise).clamp_min(0);
  const Tensor moved = 10 * rate * scaled_epsilon * noise / (least + scaled_epsilon).square();
  const double largest = std::max(10 * rate, parameter.detach().abs().max().item<double>());
  return (g.abs() >= noise).logical_and(moved <= step_tolerance * largest);
}

std::string layer_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); }

void compare_step(Comparison& comparison, network::Network& network, const Tensor& p, const Target& target) {
  constexpr double rate = 2e-3;
  torch::optim::RMSprop optimiser(network.parameters(), torch::optim::RMSpropOptions(rate));
  dice_loss(class_sums(p, target.labels), target).backward();
  std::map<std::string, double> largest;  // by layer: its weight's and bias's gradients
  for (const auto& item : network.named_parameters()) {
    double& of_layer = largest[layer_of(item.key())];
    of_layer = std::max(of_layer, item.value().grad().abs().max().item<double>());
  }
  std::map<std::string, Tensor> sure;
  for (const auto& item : network.named_parameters()) {
    const Tensor g = item.value().grad();
    const double noise = rounding * largest[layer_of(item.key())];
    comparison.add("grad_of_dice/" + item.key(), g, gradient_tolerance, {}, noise / gradient_tolerance);
    sure[item.key()] = sure_steps(item.value(), g, noise, rate);
  }
  optimiser.step();
  for (const auto& [name, tensor] : network::state_of(network))
    comparison.add("after_one_rmsprop_step/" + name, tensor, step_tolerance, sure[name]);
}

void compare(const ReferenceFile& file, ParityReport& report) {
  const Tensor input = file.required("input").to(torch::kFloat);
  const auto network = file.network(report.architecture);
  if (input.dim() != 5 || input.size(1) != 1) file.fail("input is not N x 1 x D x H x W");
  Comparison comparison(file, report);
  {
    torch::NoGradGuard no_grad;
    network->eval();
    const Tensor ours = network->forward(input);
    comparison.add("eval_logits", ours, logits_tolerance);
    // What a logit may be off moves a probability by as much at most.
    comparison.add("eval_softmax", ours.softmax(1), logits_tolerance, {}, ours.abs().max().item<double>());
  }
  network->train();
  // libtorch's own operations, as the authors had: a first RMSprop step is the gradient's sign, which
  // rounding turns where a gradient is nearly 0. That the fused operations have the same gradients is tested
  // apart.
  const network::ComputationScope plain({.fused = false});
  const Tensor p = network->forward(input).softmax(1);
  comparison.add("train_softmax", p, logits_tolerance);
  if (file.has("loss/") || file.has("grad_of_dice/") || file.has("after_one_rmsprop_step/")) {
    if (input.size(0) != 1)
      file.fail("losses are defined on one volume, input holds " + std::to_string(input.size(0)));
    const Target target = target_of(file, p[0]);
    compare_losses(comparison, p[0], target);
    compare_step(comparison, *network, p[0], target);
  }
  comparison.note_the_rest();
}

}  // namespace

bool ParityReport::passed() const {
  return !entries.empty() &&
         std::all_of(entries.begin(), entries.end(), [](const ParityEntry& e) { return e.passed(); });
}

ParityReport check_parity(const std::filesystem::path& path) {
  const ReferenceFile file(path);
  ParityReport report;
  try {
    compare(file, report);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {  // c10::Error, and what libtorch throws beside it
    const std::string text = e.what();
    file.fail("its tensors do not fit together: " + text.substr(0, text.find('\n')));
  }
  return report;
}

}  // namespace anatomynet::training

#include "training/parity.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>

#include <torch/torch.h>

#include "core/error.h"
#include "network/network.h"
#include "training/losses.h"

namespace anatomynet {
namespace {

using torch::Tensor;
using Dictionary = std::map<std::string, Tensor>;

constexpr double logits_tolerance = 1e-4, loss_tolerance = 1e-5, gradient_tolerance = 1e-3,
                 step_tolerance = 1e-3;
constexpr double sign_unstable =
    1e-5;  // of a tensor's largest gradient: below it the first RMSprop step is a coin toss

Dictionary read_dictionary(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw Error(ErrorKind::input,
                file.string() + ": cannot be opened, expected a file of reference tensors (.pt)");
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  Dictionary tensors;
  try {
    for (const auto& item : torch::pickle_load(bytes).toGenericDict())
      tensors[item.key().toStringRef()] = item.value().toTensor();
  } catch (const c10::Error&) {
    throw Error(ErrorKind::input, file.string() + ": not a dictionary of tensors as torch.save writes it");
  }
  return tensors;
}

Tensor required(const Dictionary& tensors, const std::string& key, const std::string& what) {
  const auto it = tensors.find(key);
  if (it == tensors.end())
    throw Error(ErrorKind::input, what + ": reference tensor '" + key + "' is missing");
  return it->second;
}

// The fill rule of files that store no weights: position t counts every entry of the state.
void fill_by_formula(Network& network) {
  torch::NoGradGuard no_grad;
  double t = 0;
  for (auto& [name, tensor] : state_of(network)) {
    if (tensor.is_floating_point()) {
      Tensor s =
          (torch::arange(tensor.numel(), torch::kDouble) * 0.61803398875 + t).sin().view(tensor.sizes());
      if (tensor.dim() >= 2) {
        s = s * std::sqrt(2.0 / static_cast<double>(tensor[0].numel()));
      } else if (name.ends_with("running_var") || name.ends_with("weight")) {
        s = 1 + 0.25 * s;
      } else {
        s = 0.1 * s;
      }
      tensor.copy_(s);
    }
    t += 1;
  }
}

void load_state(Network& network, const Dictionary& tensors, const std::string& what) {
  const bool stored = std::any_of(tensors.begin(), tensors.end(),
                                  [](const auto& t) { return t.first.starts_with("state/"); });
  if (!stored) return fill_by_formula(network);
  torch::NoGradGuard no_grad;
  std::size_t used = 0;
  for (auto& [name, tensor] : state_of(network)) {
    const Tensor source = required(tensors, "state/" + name, what);
    if (source.sizes() != tensor.sizes())
      throw Error(ErrorKind::model, what + ": state/" + name + " has another shape than the network's");
    tensor.copy_(source);
    ++used;
  }
  const auto held = std::count_if(tensors.begin(), tensors.end(),
                                  [](const auto& t) { return t.first.starts_with("state/"); });
  if (static_cast<std::size_t>(held) != used)
    throw Error(ErrorKind::model, what + ": holds state tensors that the network does not have");
}

class Comparison {
 public:
  Comparison(const Dictionary& theirs, ParityReport& report) : theirs_(theirs), report_(report) {}

  // `counted`: elements to compare; undefined means all.
  void add(const std::string& key, const Tensor& ours, double tolerance, const Tensor& counted = {}) {
    const auto it = theirs_.find(key);
    if (it == theirs_.end()) return;
    ParityEntry entry{key, 0, 0, tolerance};
    if (ours.sizes() != it->second.sizes() && ours.numel() != it->second.numel()) {
      entry.max_absolute = entry.max_relative = std::numeric_limits<double>::infinity();
    } else {
      const Tensor a = ours.detach().to(torch::kDouble).reshape({-1}),
                   b = it->second.to(torch::kDouble).reshape({-1});
      Tensor difference = (a - b).abs();
      if (counted.defined()) difference = difference.masked_fill(counted.reshape({-1}).logical_not(), 0);
      entry.max_absolute = difference.max().item<double>();
      const double largest = b.abs().max().item<double>();
      entry.max_relative = entry.max_absolute == 0 ? 0 : entry.max_absolute / largest;
    }
    report_.entries.push_back(entry);
  }

 private:
  const Dictionary& theirs_;
  ParityReport& report_;
};

Target target_of(const Dictionary& tensors, const std::string& what) {
  return {required(tensors, "labels", what).to(torch::kLong),
          required(tensors, "flags", what).flatten().to(torch::kFloat),
          required(tensors, "class_weights", what).flatten().to(torch::kFloat)};
}

void compare_losses(Comparison& comparison, const Tensor& p, const Target& target) {
  const std::pair<const char*, Tensor (*)(const Tensor&, const Target&)> losses[] = {
      {"dice_masked", dice_loss},
      {"focal_masked", focal_loss},
      {"focal_dice_masked", focal_dice_loss},
      {"cross_entropy_masked", cross_entropy_loss},
      {"exp_log_masked", exp_log_loss},
      {"generalised_dice_masked", generalised_dice_loss}};
  for (const auto& [name, loss] : losses)
    comparison.add(std::string("loss/") + name, loss(p, target), loss_tolerance);
}

void compare_step(Comparison& comparison, Network& network, const Tensor& p, const Target& target) {
  torch::optim::RMSprop optimiser(network.parameters(), torch::optim::RMSpropOptions(2e-3));
  dice_loss(p, target).backward();
  std::map<std::string, Tensor> stable;
  for (const auto& item : network.named_parameters()) {
    const Tensor g = item.value().grad();
    comparison.add("grad_of_dice/" + item.key(), g, gradient_tolerance);
    stable[item.key()] = g.abs() >= sign_unstable * g.abs().max();
  }
  optimiser.step();
  for (const auto& [name, tensor] : state_of(network)) {
    comparison.add("after_one_rmsprop_step/" + name, tensor, step_tolerance, stable[name]);
  }
}

}  // namespace

bool ParityReport::passed() const {
  return !entries.empty() &&
         std::all_of(entries.begin(), entries.end(), [](const ParityEntry& e) { return e.passed(); });
}

ParityReport check_parity(const std::filesystem::path& file) {
  const std::string what = file.string(), stem = file.stem().string();
  const Dictionary tensors = read_dictionary(file);
  ParityReport report;
  report.architecture = stem.substr(0, stem.find_first_of(".-"));
  const Tensor input = required(tensors, "input", what);
  const Tensor logits = required(tensors, "eval_logits", what);
  const auto network = make_network(report.architecture, logits.size(1));
  load_state(*network, tensors, what);
  Comparison comparison(tensors, report);
  {
    torch::NoGradGuard no_grad;
    network->eval();
    const Tensor ours = network->forward(input);
    comparison.add("eval_logits", ours, logits_tolerance);
    comparison.add("eval_softmax", ours.softmax(1), logits_tolerance);
  }
  network->train();
  const Tensor p = network->forward(input).softmax(1);
  comparison.add("train_softmax", p, logits_tolerance);
  if (tensors.contains("labels")) {
    const Target target = target_of(tensors, what);
    compare_losses(comparison, p[0], target);
    compare_step(comparison, *network, p[0], target);
  }
  return report;
}

}  // namespace anatomynet

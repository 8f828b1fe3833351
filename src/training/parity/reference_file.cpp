#include "training/parity/reference_file.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <limits>

#include <torch/torch.h>

#include "core/error.h"

namespace anatomynet::training {
namespace {

using torch::Tensor;

// The longest known architecture that `stem` starts with, as a whole word; empty where there is none.
std::string named_by(const std::string& stem) {
  std::string best;
  for (const std::string& name : network::architectures()) {
    const bool ends =
        stem.size() == name.size() ||
        (stem.size() > name.size() && !std::isalnum(static_cast<unsigned char>(stem[name.size()])));
    if (stem.starts_with(name) && ends && name.size() > best.size()) best = name;
  }
  return best;
}

// The fill rule of files that store no weights: position t counts every entry of the state.
void fill_by_formula(network::Network& network) {
  torch::NoGradGuard no_grad;
  double t = 0;
  for (auto& [name, tensor] : network::state_of(network)) {
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

}  // namespace

ReferenceFile::ReferenceFile(const std::filesystem::path& path) : path_(path) {
  std::error_code error;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, error))
    fail("cannot be opened, expected a file of reference tensors (.pt)");
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  try {
    for (const auto& item : torch::pickle_load(bytes).toGenericDict())
      tensors_[item.key().toStringRef()] = item.value().toTensor();
  } catch (const std::exception&) {  // c10::Error, or what the zip and pickle readers throw on damage
    fail("not a dictionary of tensors as torch.save writes it");
  }
}

void ReferenceFile::fail(const std::string& why) const {
  throw Error(ErrorKind::input, path_.string() + ": " + why);
}

const Tensor* ReferenceFile::find(const std::string& key) const {
  const auto it = tensors_.find(key);
  return it == tensors_.end() ? nullptr : &it->second;
}

const Tensor& ReferenceFile::required(const std::string& key) const {
  const Tensor* tensor = find(key);
  if (!tensor) fail("reference tensor '" + key + "' is missing");
  return *tensor;
}

bool ReferenceFile::has(const std::string& prefix) const {
  const auto it = tensors_.lower_bound(prefix);
  return it != tensors_.end() && it->first.starts_with(prefix);
}

std::int64_t ReferenceFile::classes() const {
  for (const char* key : {"eval_logits", "eval_softmax", "train_softmax"})
    if (const Tensor* output = find(key)) {
      if (output->dim() != 5) fail(std::string(key) + " is not N x C x D x H x W");
      return output->size(1);
    }
  fail("holds no output (eval_logits, eval_softmax or train_softmax)");
}

bool ReferenceFile::state_fits(const network::Network& network) const {
  const auto state = network::state_of(network);
  const auto stored = std::count_if(tensors_.begin(), tensors_.end(),
                                    [](const auto& t) { return t.first.starts_with("state/"); });
  return static_cast<std::size_t>(stored) == state.size() &&
         std::all_of(state.begin(), state.end(), [&](const auto& s) {
           const Tensor* tensor = find("state/" + s.first);
           return tensor && tensor->sizes() == s.second.sizes();
         });
}

std::shared_ptr<network::Network> ReferenceFile::with_weights(const std::string& architecture) const {
  auto network = network::make_network(architecture, classes());
  if (!has("state/")) {
    fill_by_formula(*network);
    return network;
  }
  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : network::state_of(*network)) {
    const Tensor& source = required("state/" + name);
    if (source.sizes() != tensor.sizes())
      fail("state/" + name + " has another shape than in " + architecture);
    tensor.copy_(source);
  }
  if (!state_fits(*network)) fail("holds state/ tensors that " + architecture + " does not have");
  return network;
}

// Largest difference of the logits, for choosing between networks whose tensors have the same names.
double ReferenceFile::distance(network::Network& network) const {
  torch::NoGradGuard no_grad;
  network.eval();
  const Tensor difference = network.forward(required("input")) - required("eval_logits");
  return difference.abs().max().item<double>();
}

std::shared_ptr<network::Network> ReferenceFile::network(std::string& architecture) const {
  architecture = named_by(path_.stem().string());
  if (!architecture.empty()) return with_weights(architecture);
  std::shared_ptr<network::Network> best;
  std::string known;
  double nearest = std::numeric_limits<double>::infinity();
  for (const std::string& name : network::architectures()) {
    known += (known.empty() ? "" : ", ") + name;
    if (!has("state/") || !state_fits(*network::make_network(name, classes()))) continue;
    auto candidate = with_weights(name);
    const double far = find("eval_logits") ? distance(*candidate) : 0;
    if (best && !(far < nearest)) continue;
    best = candidate;
    nearest = far;
    architecture = name;
  }
  if (!best) {
    fail("of unknown architecture: its name starts with none of " + known + ", and it " +
         (has("state/") ? "holds the weights of none" : "holds no weights (state/)") +
         "; call it by its architecture, such as AnatomyNet-2.pt");
  }
  return best;
}

}  // namespace anatomynet::training

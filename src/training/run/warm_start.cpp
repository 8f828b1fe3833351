#include "training/run/warm_start.h"

#include <algorithm>

#include <torch/types.h>

#include "core/error.h"
#include "network/weights.h"

namespace anatomynet::training {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// Where the model has each output of the network; -1 where it has not.
std::vector<std::int64_t> outputs_of(const OrganTable& organs, const OrganTable& theirs) {
  std::vector<std::int64_t> from{0};
  for (const Organ& organ : organs) {
    const auto found = std::find_if(theirs.begin(), theirs.end(),
                                    [&](const Organ& other) { return other.name == organ.name; });
    from.push_back(found == theirs.end() ? -1 : found - theirs.begin() + 1);
  }
  return from;
}

// The last convolution's tensors end in one output a class along the first axis.
std::string output_prefix(network::Network& network) {
  for (const auto& [name, tensor] : network::state_of(network))
    if (tensor.is_same(network.output_bias())) return name.substr(0, name.size() - 4);
  throw Error(ErrorKind::internal, "the network's output has no bias among its weights");
}

}  // namespace

std::string WarmStart::text() const {
  return std::to_string(kept) + " tensors kept; outputs kept: " + joined(organs_kept) +
         "; outputs initialised: " + joined(organs_fresh) + "; tensors initialised: " + joined(tensors_fresh);
}

WarmStart start_from(network::Network& network, const OrganTable& organs, const model::Model& model,
                     FreshOutputs fresh) {
  torch::NoGradGuard no_grad;
  WarmStart result;
  const std::string output = output_prefix(network);
  const auto from = outputs_of(organs, model.info.organs);
  for (std::size_t i = 0; i < from.size(); ++i)
    (from[i] < 0 ? result.organs_fresh : result.organs_kept)
        .push_back(i == 0 ? "background" : organs[i - 1].name);
  for (auto& [name, target] : network::state_of(network)) {
    const model::NamedTensor* source = model.weights.find(name);
    if (!source) {
      if (target.is_floating_point()) result.tensors_fresh.push_back(name);
      continue;
    }
    const torch::Tensor values = network::to_torch(*source);
    if (name == output + "weight" || name == output + "bias") {
      if (values.dim() != target.dim() || values[0].sizes() != target[0].sizes() ||
          values.size(0) != std::int64_t(model.info.organs.size()) + 1) {
        result.tensors_fresh.push_back(name);
        continue;
      }
      for (std::size_t i = 0; i < from.size(); ++i)
        if (from[i] >= 0)
          target[static_cast<std::int64_t>(i)].copy_(values[from[i]]);
        else if (fresh == FreshOutputs::background)
          target[static_cast<std::int64_t>(i)].copy_(name == output + "bias" ? values[0] - fresh_offset
                                                                             : values[0]);
    } else if (values.sizes() == target.sizes()) {
      target.copy_(values);
      ++result.kept;
    } else {
      result.tensors_fresh.push_back(name);
    }
  }
  if (result.kept == 0) {
    throw Error(ErrorKind::model, "model " + model.info.name + " (" + model.info.architecture +
                                      "): not one tensor fits this network; start from weights of the "
                                      "same family or without start_from");
  }
  return result;
}

}  // namespace anatomynet::training

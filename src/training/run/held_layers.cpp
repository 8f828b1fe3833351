#include "training/run/held_layers.h"

#include <torch/nn/modules/batchnorm.h>

#include "core/error.h"

namespace anatomynet::training {

void hold_layers(network::Network& network, const std::vector<std::string>& layers) {
  const auto children = network.named_children();
  for (const std::string& layer : layers) {
    if (const auto* found = children.find(layer)) {
      for (torch::Tensor& parameter : (*found)->parameters()) parameter.set_requires_grad(false);
      continue;
    }
    std::string known;
    for (const auto& child : children) known += (known.empty() ? "" : ", ") + child.key();
    throw Error(ErrorKind::usage,
                "training: the network has no layer '" + layer + "' to hold; it has " + known);
  }
  if (trained_parameters(network).empty())
    throw Error(ErrorKind::usage, "training: every layer is held, nothing is left to train");
}

std::vector<torch::Tensor> trained_parameters(const network::Network& network) {
  std::vector<torch::Tensor> trained;
  for (const torch::Tensor& parameter : network.parameters())
    if (parameter.requires_grad()) trained.push_back(parameter);
  return trained;
}

void set_training_modes(network::Network& network, bool freeze_norm) {
  network.train();
  for (const auto& module : network.modules()) {
    const auto* norm = module->as<torch::nn::BatchNorm3d>();
    if (norm && (freeze_norm || !norm->weight.requires_grad())) module->eval();
  }
}

}  // namespace anatomynet::training

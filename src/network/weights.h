#pragma once
#include <vector>

#include "model/model_file.h"
#include "network/network.h"

namespace anatomynet::network {

/// Copies a model's tensors into a network of its architecture. Throws Error(model) naming the first tensor
/// that is missing, left over, or of another shape or type.
void load_weights(Network& network, const model::Model& model);

/// The network described by the model, with its weights, in evaluation mode.
std::shared_ptr<Network> make_network(const model::Model& model);

/// The network's state as named arrays for a weights file: parameters and running statistics.
std::vector<model::NamedTensor> weights_of(const Network& network);

model::NamedTensor to_named(const std::string& name, const torch::Tensor& tensor);
torch::Tensor to_torch(const model::NamedTensor& tensor);

}  // namespace anatomynet::network

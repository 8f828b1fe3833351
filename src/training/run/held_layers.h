#pragma once
#include <string>
#include <vector>

#include "network/network.h"

namespace anatomynet::training {

/// From here on the parameters of these layers (children of the network, such as "layer1") get no gradient.
/// Error(usage) naming a layer that the network has not and those that it has, or where nothing is left to
/// train.
void hold_layers(network::Network& network, const std::vector<std::string>& layers);

/// The parameters that are trained: those of no held layer.
std::vector<torch::Tensor> trained_parameters(const network::Network& network);

/// Training mode. Batch norm stays with its running statistics where the layer is held, and everywhere with
/// `freeze_norm`.
void set_training_modes(network::Network& network, bool freeze_norm);

}  // namespace anatomynet::training

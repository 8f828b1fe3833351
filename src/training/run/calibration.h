#pragma once
#include <vector>

#include "network/network.h"
#include "network/precision.h"
#include "training/data/packed_set.h"

namespace anatomynet::training {

/// Offsets for each class's logit (background 0) that maximise the mean Dice over at most `cases` TRAINING
/// cases, whole volumes without augmentation, each organ for itself. Training on soft Dice leaves a network
/// too generous where annotators disagree; the offset, folded into the last convolution's bias, sets its
/// threshold straight without looking at a validation case. An organ annotated in none of the cases gets 0.
std::vector<double> calibrate_offsets(network::Network& network, const TrainingSet& set, std::size_t cases,
                                      network::Precision precision, torch::Device device);

/// Adds the offsets to the network's output bias.
void add_offsets(network::Network& network, const std::vector<double>& offsets);

}  // namespace anatomynet::training

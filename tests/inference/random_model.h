#pragma once
#include <random>
#include <vector>

#include <torch/utils.h>

#include "network/weights.h"

namespace anatomynet::test {

/// Freshly initialised weights with running statistics as after training: means about 0, variances about 1.
inline model::Model random_model(const std::string& architecture = "AnatomyNet", std::int64_t organs = 9,
                                 int seed = 9) {
  torch::manual_seed(seed);
  model::Model model{
      {.name = "random", .architecture = architecture, .organs = standard_organs()}, {}, "random-0"};
  model.info.organs.resize(static_cast<std::size_t>(organs));
  model.info.spacing = Vec3{2, 2, 2};
  const auto network = network::make_network(architecture, organs + 1);
  torch::NoGradGuard no_grad;
  for (const auto& b : network->named_buffers()) {
    if (b.key().ends_with("running_mean")) b.value().uniform_(-0.3, 0.3);
    if (b.key().ends_with("running_var")) b.value().uniform_(0.5, 2);
  }
  for (const auto& p : network->named_parameters())
    if (p.key().find("bn") != std::string::npos || p.key().ends_with("downsample.1.weight"))
      p.value().uniform_(0.3, 1);
  model.weights.tensors = network::weights_of(*network);
  return model;
}

inline std::vector<float> random_image(const Size3& size, unsigned seed = 5) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(0, 1);
  std::vector<float> image(static_cast<std::size_t>(size[0] * size[1] * size[2]));
  for (float& v : image) v = value(random);
  return image;
}

}  // namespace anatomynet::test

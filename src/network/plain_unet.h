#pragma once
#include <array>
#include <vector>

#include <torch/nn/modules/container/any.h>

#include "network/network.h"

namespace anatomynet::network {

struct PlainUNetOptions {
  std::array<std::int64_t, 4> channels{32, 40, 48, 56};  ///< down1 to down4; the decoder mirrors them
  std::int64_t poolings = 1;                             ///< down1 .. down<poolings> halve the size, 1 to 4
};

/// The compared plain 3D U-Net: four double convolutions down, four up (skip first in each concatenation),
/// the last one with the input image as its skip. Down-sampling by stride 2, ReLU.
class PlainUNet : public Network {
 public:
  PlainUNet(const PlainUNetOptions& options, std::int64_t classes);
  torch::Tensor forward(torch::Tensor image) override;
  std::int64_t stride() const override { return std::int64_t{1} << poolings_; }
  torch::Tensor output_bias() override { return named_parameters()["up4.conv.conv.3.bias"]; }

 private:
  std::int64_t poolings_;
  std::vector<torch::nn::AnyModule> down_, up_;
};

}  // namespace anatomynet::network

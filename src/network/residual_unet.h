#pragma once
#include <array>
#include <memory>

#include "network/blocks.h"
#include "network/network.h"

namespace anatomynet::network {

struct ResidualUNetOptions {
  std::array<std::int64_t, 4> channels{28, 30, 32,
                                       34};  ///< conv1, layer1, layer2, layer3; the decoder mirrors them
  std::int64_t blocks = 2;                   ///< residual blocks a stage
  Skip skip = Skip::concatenated;
  bool squeeze_excitation = true;
  double slope = 0.01;              ///< of LeakyReLU; 0 is ReLU
  std::int64_t merge_shortcut = 1;  ///< kernel of the shortcut where layers 4, 6 and 8 merge
};

/// AnatomyNet (Zhu et al. 2019, figure 1) and its residual relatives: one down-sampling, all stages but the
/// first and last at half resolution.
class ResidualUNet : public Network {
 public:
  ResidualUNet(const ResidualUNetOptions& options, std::int64_t classes);
  torch::Tensor forward(torch::Tensor image) override;
  std::int64_t stride() const override { return 2; }
  torch::Tensor output_bias() override;

 private:
  torch::nn::Sequential stage(const std::string& name, std::int64_t in, std::int64_t out,
                              std::int64_t blocks);
  std::shared_ptr<MergeBlock> merge(const std::string& name, std::int64_t in, std::int64_t skip,
                                    std::int64_t out);

  ResidualUNetOptions options_;
  torch::nn::Conv3d conv1_{nullptr};
  torch::nn::BatchNorm3d bn1_{nullptr};
  torch::nn::Sequential layer1_{nullptr}, layer2_{nullptr}, layer3_{nullptr}, layer5_{nullptr},
      layer7_{nullptr}, layer9_{nullptr}, layer11_{nullptr};
  std::shared_ptr<MergeBlock> layer4_, layer6_, layer8_, layer10_;
};

}  // namespace anatomynet::network

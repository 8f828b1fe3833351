#include "network/residual_unet.h"

#include "network/operations.h"

namespace anatomynet::network {
namespace nn = torch::nn;
namespace {

constexpr std::int64_t encoder_reduction = 15, merge_reduction = 16, last_channels = 14;

}  // namespace

ResidualUNet::ResidualUNet(const ResidualUNetOptions& options, std::int64_t classes) : options_(options) {
  const auto [c0, c1, c2, c3] = options.channels;
  conv1_ = register_module("conv1", conv(1, c0, 3, 2));
  bn1_ = register_module("bn1", nn::BatchNorm3d(c0));
  layer1_ = stage("layer1", c0, c1, options.blocks);
  layer2_ = stage("layer2", c1, c2, options.blocks);
  layer3_ = stage("layer3", c2, c3, options.blocks);
  layer4_ = merge("layer4", c3, c2, c2);
  layer5_ = stage("layer5", c2, c2, options.blocks - 1);
  layer6_ = merge("layer6", c2, c1, c1);
  layer7_ = stage("layer7", c1, c1, options.blocks - 1);
  layer8_ = merge("layer8", c1, c0, c0);
  layer9_ = stage("layer9", c0, c0, options.blocks - 1);

  MergeOptions last{.in = c0, .skip = 1, .out = last_channels, .how = options.skip, .upsample = true};
  last.block.slope = options.slope;
  last.block.shortcut_kernel = 3;
  layer10_ = register_module("layer10", std::make_shared<MergeBlock>(last));
  layer11_ = register_module("layer11", nn::Sequential(conv(last_channels, classes, 3, 1, true)));
}

nn::Sequential ResidualUNet::stage(const std::string& name, std::int64_t in, std::int64_t out,
                                   std::int64_t blocks) {
  nn::Sequential layers;
  for (std::int64_t i = 0; i < blocks; ++i) {
    ResidualOptions block{.in = i == 0 ? in : out, .out = out, .slope = options_.slope};
    if (options_.squeeze_excitation) block.se_reduction = encoder_reduction;
    layers->push_back(std::make_shared<ResidualBlock>(block));
  }
  return register_module(name, layers);
}

std::shared_ptr<MergeBlock> ResidualUNet::merge(const std::string& name, std::int64_t in, std::int64_t skip,
                                                std::int64_t out) {
  MergeOptions m{.in = in, .skip = skip, .out = out, .how = options_.skip};
  m.block.slope = options_.slope;
  m.block.shortcut_kernel = options_.merge_shortcut;
  if (options_.squeeze_excitation) m.block.se_reduction = merge_reduction;
  return register_module(name, std::make_shared<MergeBlock>(m));
}

torch::Tensor ResidualUNet::output_bias() { return layer11_[0]->as<nn::Conv3d>()->bias; }

torch::Tensor ResidualUNet::forward(torch::Tensor image) {
  torch::Tensor half = normalise(*bn1_, convolve(*conv1_, image), options_.slope);
  torch::Tensor e1 = layer1_->forward(half);
  torch::Tensor e2 = layer2_->forward(e1);
  torch::Tensor x = layer3_->forward(e2);
  x = layer5_->forward(layer4_->forward(x, e2));
  e2.reset();
  x = layer7_->forward(layer6_->forward(x, e1));
  e1.reset();
  x = layer9_->forward(layer8_->forward(x, half));
  half.reset();
  x = layer10_->forward(x, image);
  return convolve(*layer11_[0]->as<nn::Conv3d>(), x);
}

}  // namespace anatomynet::network

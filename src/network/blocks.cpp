#include "network/blocks.h"

#include "network/checkpoint_block.h"
#include "network/computation.h"
#include "network/fixed_order.h"
#include "network/operations.h"

namespace anatomynet::network {
namespace nn = torch::nn;

nn::Conv3d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, bool bias) {
  return nn::Conv3d(nn::Conv3dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(bias));
}

torch::Tensor activate(torch::Tensor x, double slope) {
  return slope == 0 ? torch::relu_(x) : torch::leaky_relu_(x, slope);
}

SqueezeExcitation::SqueezeExcitation(std::int64_t channels, std::int64_t reduction, double slope_)
    : slope(slope_) {
  const std::int64_t hidden = channels / reduction;
  // Positions 1 and 3 of the authors' sequence hold the activation and the sigmoid, which have no weights.
  fc = register_module("fc", nn::Sequential());
  fc->push_back("0", nn::Linear(channels, hidden));
  fc->push_back("2", nn::Linear(hidden, channels));
}

torch::Tensor SqueezeExcitation::forward(const torch::Tensor& x) {
  torch::Tensor y = activate(fc[0]->as<nn::Linear>()->forward(channel_means(x)), slope);
  y = fc[1]->as<nn::Linear>()->forward(y).sigmoid();
  return x * y.view({y.size(0), y.size(1), 1, 1, 1});
}

ResidualBlock::ResidualBlock(const ResidualOptions& o) { build(o); }

void ResidualBlock::build(const ResidualOptions& o) {
  slope = o.slope;
  conv1 = register_module("conv1", conv(o.in, o.out));
  bn1 = register_module("bn1", nn::BatchNorm3d(o.out));
  conv2 = register_module("conv2", conv(o.out, o.out));
  bn2 = register_module("bn2", nn::BatchNorm3d(o.out));
  if (o.se_reduction > 0) {
    se = register_module("se", std::make_shared<SqueezeExcitation>(o.out, o.se_reduction, o.slope));
  }
  if (o.in != o.out) {
    downsample = register_module(
        "downsample", nn::Sequential(conv(o.in, o.out, o.shortcut_kernel), nn::BatchNorm3d(o.out)));
  }
}

namespace {

bool worth_checkpointing(const torch::Tensor& x) {
  return computation().checkpoint && torch::GradMode::is_enabled() && x.requires_grad();
}

}  // namespace

torch::Tensor ResidualBlock::forward(const torch::Tensor& x) {
  if (!worth_checkpointing(x)) return body(x);
  return checkpointed([this](const torch::Tensor& a, const torch::Tensor&) { return body(a); }, x);
}

torch::Tensor ResidualBlock::body(const torch::Tensor& x) {
  torch::Tensor y = convolve(*conv2, normalise(*bn1, convolve(*conv1, x), slope));
  const torch::Tensor beside = shortcut(x);
  return normalise_and_add(*bn2, se.get(), std::move(y), beside, slope);
}

torch::Tensor ResidualBlock::shortcut(const torch::Tensor& x) {
  if (downsample.is_empty()) return x;
  return normalise(*downsample[1]->as<nn::BatchNorm3d>(), convolve(*downsample[0]->as<nn::Conv3d>(), x), 1);
}

namespace {

ResidualOptions merged(const MergeOptions& o) {
  ResidualOptions block = o.block;
  const std::int64_t up = o.upsample ? o.in / 2 : o.in;
  block.in = o.how == Skip::concatenated ? up + o.skip : up;
  block.out = o.out;
  return block;
}

}  // namespace

MergeBlock::MergeBlock(const MergeOptions& o) {
  if (o.upsample) {
    deconv1 = register_module("deconv1",
                              nn::ConvTranspose3d(nn::ConvTranspose3dOptions(o.in, o.in / 2, 2).stride(2)));
  }
  if (o.how == Skip::summed) {
    const std::int64_t up = o.upsample ? o.in / 2 : o.in;
    conv1x1x1 = register_module("conv1x1x1", conv(o.skip, up, 1, 1, true));
  }
  build(merged(o));
}

torch::Tensor MergeBlock::forward(const torch::Tensor& up, const torch::Tensor& skip) {
  if (!worth_checkpointing(up)) return joined(up, skip);
  return checkpointed([this](const torch::Tensor& a, const torch::Tensor& b) { return joined(a, b); }, up,
                      skip);
}

torch::Tensor MergeBlock::joined(const torch::Tensor& from_below, const torch::Tensor& skip) {
  const torch::Tensor up = deconv1.is_empty() ? from_below : convolve_transposed(*deconv1, from_below);
  return body(conv1x1x1.is_empty() ? concatenate(up, skip) : convolve(*conv1x1x1, skip) + up);
}

}  // namespace anatomynet::network

#pragma once
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/types.h>

namespace anatomynet::network {

struct SqueezeExcitation;

// What the networks are made of. Each is computed in one of three ways, to the same function: fused, in
// training on a CPU and where asked for (network/computation.h); in a fixed order, without gradients on a CPU
// (network/fixed_order.h); else by libtorch.

/// Whether a pass on `x` is computed by the fused operations: CPU, one volume, with gradients or as asked.
bool computed_fused(const torch::Tensor& x);

torch::Tensor convolve(torch::nn::Conv3dImpl& conv, const torch::Tensor& x);
torch::Tensor convolve_transposed(torch::nn::ConvTranspose3dImpl& conv, const torch::Tensor& x);

/// act(norm(x)); act(v) = v > 0 ? v : slope v, slope 1 is no activation.
torch::Tensor normalise(torch::nn::BatchNorm3dImpl& norm, const torch::Tensor& x, double slope);

/// act(se(norm(x)) + shortcut); `se` may be null. x is let go as soon as it is used: it is as large as all
/// others.
torch::Tensor normalise_and_add(torch::nn::BatchNorm3dImpl& norm, SqueezeExcitation* se, torch::Tensor x,
                                const torch::Tensor& shortcut, double slope);

/// The channels of a, then those of b.
torch::Tensor concatenate(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace anatomynet::network

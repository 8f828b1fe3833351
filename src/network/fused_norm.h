#pragma once
#include <torch/nn/modules/batchnorm.h>
#include <torch/types.h>

namespace anatomynet::network {

struct SqueezeExcitation;

/// act(s BN(x) + r) in one pass over memory, on a CPU, for one volume (N = 1), differentiable:
/// BN by the volume's own statistics where `norm` is in training mode (moving its running ones), else by the
/// running ones; s = sigmoid(FC(act(FC(mean BN(x))))) where `se` is given, else 1; `r` may be undefined;
/// act(v) = v > 0 ? v : slope v. x, r and the result lie channels-last, float or bfloat16; sums in double.
torch::Tensor fused_norm(torch::nn::BatchNorm3dImpl& norm, SqueezeExcitation* se, const torch::Tensor& x,
                         const torch::Tensor& r, double slope);

/// The channels of a, then those of b, channels-last, differentiable.
torch::Tensor fused_concatenation(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace anatomynet::network

#pragma once
#include <torch/nn/modules/conv.h>

namespace anatomynet::network {

// Sums in one fixed order, for the operations whose order libtorch lets the number of threads decide: with
// them a network's output is the same bit for bit on any number of threads. They work without gradients, on
// float tensors on a CPU; anything else goes to libtorch.

/// Mean over D, H, W: N x C x D x H x W -> N x C. Each channel is summed in double.
torch::Tensor channel_means(const torch::Tensor& x);

/// The convolution of `x`; one of kernel 1 x 1 x 1 adds up the input channels in their order (oneDNN blocks
/// them by the number of threads; its kernels of 3 x 3 x 3 do not).
torch::Tensor convolved(torch::nn::Conv3dImpl& conv, const torch::Tensor& x);

}  // namespace anatomynet::network

#pragma once
#include <torch/types.h>

namespace anatomynet::network {

/// Whether this build has oneDNN beside libtorch. What follows throws Error(internal) where it has not.
bool onednn_available();

// Convolutions for training on a CPU by oneDNN itself, on tensors that lie channels-last in memory (N D H W
// C) and leave so: libtorch 1.13 turns 3D tensors into that layout and back around every convolution. They
// can be differentiated. `x`: N x C x D x H x W, float or bfloat16; the result has its type, except that a
// float `x` with `bf16` is rounded first. Weights, bias and their gradients are float.

/// Convolution; weight: out x in x kernel, bias: out, or undefined.
torch::Tensor onednn_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias, torch::IntArrayRef stride,
                                 torch::IntArrayRef padding, bool bf16);

/// Transposed convolution without bias or padding; weight: in x out x kernel.
torch::Tensor onednn_transposed_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                            torch::IntArrayRef stride, bool bf16);

}  // namespace anatomynet::network

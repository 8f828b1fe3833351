#pragma once
#include <functional>

#include <torch/types.h>

namespace anatomynet::network {

/// f(a, b) without keeping what lies between: on the way back f is computed again (Chen et al. 2016), with
/// the precision and `Computation` of now, but batch norm's running statistics move only once. `b` may be
/// undefined. Gradients reach a, b and the parameters that f uses, which must outlive the pass; at least one
/// of a and b must require a gradient.
torch::Tensor checkpointed(
    const std::function<torch::Tensor(const torch::Tensor& a, const torch::Tensor& b)>& f,
    const torch::Tensor& a, const torch::Tensor& b = {});

}  // namespace anatomynet::network

#include "network/operations.h"

#include <ATen/autocast_mode.h>
#include <torch/nn/functional/batchnorm.h>

#include "network/batch_norm.h"
#include "network/blocks.h"
#include "network/computation.h"
#include "network/fixed_order.h"
#include "network/fused_norm.h"
#include "network/onednn_convolution.h"

namespace anatomynet::network {
namespace nn = torch::nn;
using torch::Tensor;

namespace {

// libtorch's batch norm; the running statistics stay where they are when a block is computed again.
Tensor plain_norm(nn::BatchNorm3dImpl& norm, const Tensor& x) {
  if (!norm.is_training() || computation().update_statistics || statistics_shared())
    return normalised(norm, x);
  return nn::functional::detail::batch_norm(x, {}, {}, norm.weight, norm.bias, true, norm.options.momentum(),
                                            norm.options.eps());
}

bool norm_is_fused(const nn::BatchNorm3dImpl& norm, const Tensor& x) {
  return computed_fused(x) && !(norm.is_training() && statistics_shared());
}

}  // namespace

bool computed_fused(const Tensor& x) {
  static const bool available = onednn_available();
  const auto type = x.scalar_type();
  const Computation& how = computation();
  return available && (torch::GradMode::is_enabled() ? how.fused : how.fused_without_gradients) &&
         x.is_cpu() && x.size(0) == 1 && (type == torch::kFloat || type == torch::kBFloat16);
}

Tensor convolve(nn::Conv3dImpl& conv, const Tensor& x) {
  if (!computed_fused(x)) return convolved(conv, x);
  const std::int64_t padding = conv.weight.size(2) / 2;  // as blocks.h's `conv` makes them
  return onednn_convolution(x, conv.weight, conv.bias, *conv.options.stride(), {padding, padding, padding},
                            at::autocast::is_cpu_enabled());
}

Tensor convolve_transposed(nn::ConvTranspose3dImpl& conv, const Tensor& x) {
  if (!computed_fused(x)) return conv.forward(x);
  Tensor y =
      onednn_transposed_convolution(x, conv.weight, *conv.options.stride(), at::autocast::is_cpu_enabled());
  return conv.bias.defined() ? y + conv.bias.to(y.scalar_type()).view({1, -1, 1, 1, 1}) : y;
}

Tensor normalise(nn::BatchNorm3dImpl& norm, const Tensor& x, double slope) {
  if (norm_is_fused(norm, x)) return fused_norm(norm, nullptr, x, {}, slope);
  Tensor y = plain_norm(norm, x);
  return slope == 1 ? y : activate(y, slope);
}

Tensor normalise_and_add(nn::BatchNorm3dImpl& norm, SqueezeExcitation* se, Tensor x, const Tensor& shortcut,
                         double slope) {
  if (norm_is_fused(norm, x)) return fused_norm(norm, se, x, shortcut, slope);
  x = plain_norm(norm, x);
  if (se) x = se->forward(x);
  return activate(x + shortcut, slope);
}

Tensor concatenate(const Tensor& a, const Tensor& b) {
  return computed_fused(a) ? fused_concatenation(a, b) : torch::cat({a, b}, 1);
}

}  // namespace anatomynet::network

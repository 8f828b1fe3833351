#include "network/batch_norm.h"

#include <memory>

#include <torch/autograd.h>

#include "network/computation.h"

namespace anatomynet::network {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

std::unique_ptr<const SharedStatistics>
    scope;  // read on autograd's threads too, where the device has its own

const std::vector<std::int64_t> all_but_channels{0, 2, 3, 4};

Tensor along_channels(const Tensor& values) { return values.to(torch::kFloat).view({1, -1, 1, 1, 1}); }

struct Moments {
  double voxels;
  Tensor mean, variance;  // C, double
};

// In double, so that the sums of squares lose nothing.
Moments shared_moments(const Tensor& x) {
  const std::int64_t channels = x.size(1);
  const std::int64_t own_voxels = x.numel() / channels;
  const double voxels = scope->counts ? double(own_voxels) : 0;
  const auto [variance, mean] = torch::var_mean(x, all_but_channels, false);
  const Tensor m = mean.to(torch::kDouble), v = variance.to(torch::kDouble);
  const Tensor sums = torch::cat({torch::full({1}, voxels, m.options()), m * voxels, (v + m * m) * voxels});
  scope->sum(sums);
  const double all = sums[0].item<double>();
  const Tensor joined = sums.slice(0, 1, 1 + channels) / all;
  return {all, joined, (sums.slice(0, 1 + channels) / all - joined * joined).clamp_min(0)};
}

// y = (x - mean) / sqrt(variance + eps) * weight + bias.
struct Normalise : torch::autograd::Function<Normalise> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const Tensor& mean, const Tensor& inverse, double voxels) {
    ctx->save_for_backward({x, weight, mean, inverse});
    ctx->saved_data["voxels"] = voxels;
    const Tensor scale = weight * inverse;
    return (x.to(torch::kFloat) * along_channels(scale) + along_channels(bias - mean * scale))
        .to(x.scalar_type());
  }

  // dx = weight / s (dy - mean(dy) - xc / s^2 mean(dy xc)), xc = x - mean, means over all processes.
  static tensor_list backward(AutogradContext* ctx, const tensor_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3];
    const double voxels = ctx->saved_data["voxels"].toDouble();
    const Tensor dy = gradients[0].to(torch::kFloat);
    const Tensor centred = x.to(torch::kFloat) - along_channels(mean);
    const Tensor plain = dy.sum(all_but_channels), product = (dy * centred).sum(all_but_channels);
    Tensor sums = torch::cat({plain, product}).to(torch::kDouble);
    if (!scope->counts) sums.zero_();
    scope->sum(sums);
    sums /= voxels;
    Tensor dx = torch::zeros_like(x);
    if (scope->counts) {
      const std::int64_t channels = x.size(1);
      const Tensor slope = sums.slice(0, channels).to(torch::kFloat) * inverse * inverse;
      dx = ((dy - along_channels(sums.slice(0, 0, channels)) - centred * along_channels(slope)) *
            along_channels(weight * inverse))
               .to(x.scalar_type());
    }
    return {dx, product * inverse, plain, Tensor(), Tensor(), Tensor()};
  }
};

void move_running(torch::nn::BatchNorm3dImpl& norm, const Moments& now) {
  const double momentum = norm.options.momentum().value();
  const auto blend = [&](Tensor& running, const Tensor& value) {
    running.mul_(1 - momentum).add_(value.to(running.scalar_type()), momentum);
  };
  blend(norm.running_mean, now.mean);
  blend(norm.running_var, now.variance * (now.voxels / std::max(1.0, now.voxels - 1)));
  norm.num_batches_tracked += 1;
}

}  // namespace

SharedStatisticsScope::SharedStatisticsScope(SharedStatistics shared) {
  scope = std::make_unique<const SharedStatistics>(std::move(shared));
}

SharedStatisticsScope::~SharedStatisticsScope() { scope.reset(); }

bool statistics_shared() { return scope != nullptr; }

Tensor normalised(torch::nn::BatchNorm3dImpl& norm, const Tensor& x) {
  if (!scope || !norm.is_training()) return norm.forward(x);
  Moments now;
  Tensor inverse;
  {
    const torch::NoGradGuard no_grad;
    now = shared_moments(x.to(torch::kFloat));
    if (computation().update_statistics) move_running(norm, now);
    inverse = (now.variance + norm.options.eps()).rsqrt().to(torch::kFloat);
  }
  return Normalise::apply(x, norm.weight, norm.bias, now.mean.to(torch::kFloat), inverse, now.voxels);
}

}  // namespace anatomynet::network

#include "network/fused_norm.h"

#include <cmath>
#include <optional>

#include <torch/autograd.h>

#include "network/blocks.h"
#include "network/computation.h"
#include "network/excitation.h"
#include "network/norm_kernels.h"

namespace anatomynet::network {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Values = std::vector<double>;
using Maybe = c10::optional<Tensor>;

struct Settings {
  bool own_statistics = true;  // the volume's, not the running ones
  bool update = true;
  double momentum = 0.1, epsilon = 1e-5, slope = 0.01, se_slope = 0.01;
};

struct Statistics {
  Values mean, deviation;  // mean of x; 1 / sqrt(var + epsilon)
  Values normal_mean;  // mean over the voxels of (x - mean) deviation, with `mean` that of BN: 0 where own
};

Values values_of(const Tensor& t) {
  const Tensor d = t.detach().to(torch::kDouble).contiguous();
  return {d.data_ptr<double>(), d.data_ptr<double>() + d.numel()};
}

Tensor tensor_of(const Values& v) { return torch::tensor(v, torch::kFloat); }

template <class F>
Values each(std::size_t n, const F& f) {
  Values out(n);
  for (std::size_t c = 0; c < n; ++c) out[c] = f(c);
  return out;
}

void blend(const Tensor& running, const Values& now, double momentum) {
  running.mul_(1 - momentum).add_(tensor_of(now).to(running.scalar_type()), momentum);
}

Statistics statistics_of(const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
                         const Settings& s, bool with_mean) {
  const auto channels = static_cast<std::size_t>(x.size(1));
  const double voxels = double(x.numel()) / double(channels);
  Statistics out;
  if (!s.own_statistics) {
    const Values var = values_of(running_var);
    out.mean = values_of(running_mean);
    out.deviation = each(channels, [&](auto c) { return 1 / std::sqrt(var[c] + s.epsilon); });
    out.normal_mean = Values(channels);
    if (with_mean) {
      const ChannelSums sums = sums_of_squares(x);
      out.normal_mean =
          each(channels, [&](auto c) { return (sums.first[c] / voxels - out.mean[c]) * out.deviation[c]; });
    }
    return out;
  }
  const ChannelSums sums = sums_of_squares(x);
  out.mean = each(channels, [&](auto c) { return sums.first[c] / voxels; });
  const Values var = each(
      channels, [&](auto c) { return std::max(0.0, sums.second[c] / voxels - out.mean[c] * out.mean[c]); });
  out.deviation = each(channels, [&](auto c) { return 1 / std::sqrt(var[c] + s.epsilon); });
  out.normal_mean = Values(channels);
  if (s.update && running_mean.defined()) {
    blend(running_mean, out.mean, s.momentum);
    blend(running_var, each(channels, [&](auto c) { return var[c] * voxels / std::max(1.0, voxels - 1); }),
          s.momentum);
  }
  return out;
}

class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x_any, const Tensor& gamma, const Tensor& beta,
                        const Maybe& r, const Maybe& w1, const Maybe& b1, const Maybe& w2, const Maybe& b2,
                        const Tensor& running_mean, const Tensor& running_var, const Settings& s) {
    const Tensor x = x_any.contiguous(torch::MemoryFormat::ChannelsLast3d);
    const Tensor rest = r ? r->to(x.scalar_type()).contiguous(torch::MemoryFormat::ChannelsLast3d) : Tensor();
    const auto channels = static_cast<std::size_t>(x.size(1));
    const Statistics st = statistics_of(x, running_mean, running_var, s, w1.has_value());
    const Values g = values_of(gamma), b = values_of(beta);
    Values scale = each(channels, [&](auto c) { return g[c] * st.deviation[c]; });
    Values offset = each(channels, [&](auto c) { return b[c] - st.mean[c] * scale[c]; });
    if (w1) {
      const Values means = each(channels, [&](auto c) { return g[c] * st.normal_mean[c] + b[c]; });
      const VolumeExcitation se(*w1, *b1, *w2, *b2, s.se_slope, means);
      for (std::size_t c = 0; c < channels; ++c) {
        scale[c] *= se.scale()[c];
        offset[c] *= se.scale()[c];
      }
    }
    Tensor y = scaled(x, ChannelTable(scale), ChannelTable(offset), rest, s.slope);
    // The sign of what went into the activation is the result's; without `r` it is cheaper from x.
    ctx->save_for_backward({x, r ? y : Tensor(), gamma, beta, w1.value_or(Tensor()), b1.value_or(Tensor()),
                            w2.value_or(Tensor()), b2.value_or(Tensor())});
    ctx->saved_data["statistics"] =
        torch::stack({torch::tensor(st.mean, torch::kDouble), torch::tensor(st.deviation, torch::kDouble),
                      torch::tensor(st.normal_mean, torch::kDouble)});
    ctx->saved_data["settings"] = std::vector<double>{double(s.own_statistics), s.slope, s.se_slope};
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &y = saved[1];
    const Tensor gy = gradients[0].to(x.scalar_type()).contiguous(torch::MemoryFormat::ChannelsLast3d);
    const auto settings = ctx->saved_data["settings"].toDoubleVector();
    const bool own = settings[0] > 0;
    const Tensor stored = ctx->saved_data["statistics"].toTensor();
    const Values mean = values_of(stored[0]), deviation = values_of(stored[1]), normal = values_of(stored[2]);
    const Values gamma = values_of(saved[2]), beta = values_of(saved[3]);
    const auto channels = static_cast<std::size_t>(x.size(1));
    const double voxels = double(x.numel()) / double(channels);

    std::optional<VolumeExcitation> se;
    Values s(channels, 1.0);
    if (saved[4].defined()) {
      se.emplace(saved[4], saved[5], saved[6], saved[7], settings[2],
                 each(channels, [&](auto c) { return gamma[c] * normal[c] + beta[c]; }));
      s = se->scale();
    }
    const ChannelTable scale(each(channels, [&](auto c) { return s[c] * gamma[c] * deviation[c]; }));
    const ChannelTable offset(
        each(channels, [&](auto c) { return s[c] * (beta[c] - mean[c] * gamma[c] * deviation[c]); }));
    const ActivationGradient g{gy, x, y, scale, offset, settings[1]};
    const ChannelSums sums =
        gradient_sums(g, ChannelTable(deviation),
                      ChannelTable(each(channels, [&](auto c) { return -mean[c] * deviation[c]; })));

    // Gradient of z = BN(x): s g, and what the excitation sends to every voxel through the mean.
    VolumeExcitation::Gradients into_se;
    Values through_mean(channels);
    if (se) {
      into_se = se->gradients(
          each(channels, [&](auto c) { return gamma[c] * sums.second[c] + beta[c] * sums.first[c]; }));
      through_mean = into_se.means;
    }
    const Values to_beta = each(channels, [&](auto c) { return s[c] * sums.first[c] + through_mean[c]; });
    const Values to_gamma =
        each(channels, [&](auto c) { return s[c] * sums.second[c] + through_mean[c] * normal[c]; });
    // dx = gamma deviation (dz - [own] (sum dz + x' sum dz x') / voxels), x' = (x - mean) deviation
    const auto k = [&](std::size_t c) { return gamma[c] * deviation[c]; };
    const double o = own ? 1 : 0;
    const ChannelTable by_g(each(channels, [&](auto c) { return k(c) * s[c]; }));
    const ChannelTable by_x(
        each(channels, [&](auto c) { return -o * k(c) * deviation[c] * to_gamma[c] / voxels; }));
    const ChannelTable constant(each(channels, [&](auto c) {
      return k(c) * (through_mean[c] - o * (to_beta[c] - mean[c] * deviation[c] * to_gamma[c])) / voxels;
    }));
    Tensor gr;
    const bool residual = y.defined() && ctx->needs_input_grad(3);
    const Tensor gx = gradient_mix(g, by_g, by_x, constant, residual ? &gr : nullptr);
    return {gx,         tensor_of(to_gamma), tensor_of(to_beta), gr, into_se.w1,
            into_se.b1, into_se.w2,          into_se.b2,         {}, {},
            {}};
  }
};

class Concatenation : public torch::autograd::Function<Concatenation> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& a, const Tensor& b) {
    constexpr auto last = torch::MemoryFormat::ChannelsLast3d;
    ctx->saved_data["channels"] = a.size(1);
    ctx->saved_data["type"] = b.scalar_type();
    return joined_channels(a.contiguous(last), b.to(a.scalar_type()).contiguous(last));
  }
  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto [a, b] = parted_channels(gradients[0].contiguous(torch::MemoryFormat::ChannelsLast3d),
                                  ctx->saved_data["channels"].toInt());
    return {a, b.to(ctx->saved_data["type"].toScalarType())};
  }
};

}  // namespace

Tensor fused_norm(torch::nn::BatchNorm3dImpl& norm, SqueezeExcitation* se, const Tensor& x, const Tensor& r,
                  double slope) {
  Settings s;
  s.own_statistics = norm.is_training();
  s.update = computation().update_statistics;
  s.momentum = norm.options.momentum().value_or(0.1);
  s.epsilon = norm.options.eps();
  s.slope = slope;
  Maybe w1, b1, w2, b2;
  if (se) {
    s.se_slope = se->slope;
    auto &first = *se->fc[0]->as<torch::nn::Linear>(), &second = *se->fc[1]->as<torch::nn::Linear>();
    w1 = first.weight;
    b1 = first.bias;
    w2 = second.weight;
    b2 = second.bias;
  }
  if (s.own_statistics && s.update) norm.num_batches_tracked.add_(1);
  return FusedNorm::apply(x, norm.weight, norm.bias, r.defined() ? Maybe(r) : Maybe(), w1, b1, w2, b2,
                          norm.running_mean, norm.running_var, s);
}

Tensor fused_concatenation(const Tensor& a, const Tensor& b) { return Concatenation::apply(a, b); }

}  // namespace anatomynet::network

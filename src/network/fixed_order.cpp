#include "network/fixed_order.h"

#include <algorithm>
#include <array>

#include <ATen/Parallel.h>

namespace anatomynet::network {
namespace {

constexpr std::int64_t chunk = 512;  // voxels whose sums stay in the first-level cache

bool ours(const torch::Tensor& x) {
  return !torch::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == torch::kFloat;
}

// `count` voxels (at most a chunk) of one output channel: bias + sum over i of weight[i] * in[i].
void weighted_sum(const float* in, std::int64_t channels, std::int64_t channel_stride, const float* weight,
                  float bias, float* out, std::int64_t count) {
  std::array<float, chunk> sum;
  std::fill_n(sum.begin(), count, bias);
  for (std::int64_t i = 0; i < channels; ++i) {
    const float* from = in + i * channel_stride;
    const float w = weight[i];
    for (std::int64_t v = 0; v < count; ++v) sum[static_cast<std::size_t>(v)] += w * from[v];
  }
  std::copy_n(sum.begin(), count, out);
}

}  // namespace

torch::Tensor channel_means(const torch::Tensor& x) {
  if (!ours(x)) return x.mean({2, 3, 4});
  const torch::Tensor values = x.contiguous();
  const std::int64_t channels = x.size(0) * x.size(1), voxels = values.numel() / channels;
  torch::Tensor means = torch::empty({x.size(0), x.size(1)}, x.options());
  const float* from = values.data_ptr<float>();
  float* to = means.data_ptr<float>();
  at::parallel_for(0, channels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      constexpr std::int64_t lanes = 8;
      double sum[lanes] = {};
      const float* v = from + c * voxels;
      std::int64_t i = 0;
      for (; i + lanes <= voxels; i += lanes)
        for (std::int64_t k = 0; k < lanes; ++k) sum[k] += static_cast<double>(v[i + k]);
      double total = 0;
      for (; i < voxels; ++i) total += static_cast<double>(v[i]);
      for (double s : sum) total += s;
      to[c] = static_cast<float>(total / static_cast<double>(voxels));
    }
  });
  return means;
}

torch::Tensor convolved(torch::nn::Conv3dImpl& conv, const torch::Tensor& x) {
  const bool pointwise =
      conv.weight[0][0].numel() == 1 && *conv.options.stride() == std::array<std::int64_t, 3>{1, 1, 1};
  if (!pointwise || !ours(x) || !ours(conv.weight)) return conv.forward(x);
  const torch::Tensor in = x.contiguous(), weight = conv.weight.contiguous();
  const std::int64_t batch = x.size(0), ins = x.size(1), outs = weight.size(0);
  const std::int64_t voxels = x.size(2) * x.size(3) * x.size(4), chunks = (voxels + chunk - 1) / chunk;
  torch::Tensor out = torch::empty({batch, outs, x.size(2), x.size(3), x.size(4)}, x.options());
  const float* from = in.data_ptr<float>();
  const float* w = weight.data_ptr<float>();
  const float* bias = conv.bias.defined() ? conv.bias.data_ptr<float>() : nullptr;
  float* to = out.data_ptr<float>();
  at::parallel_for(0, batch * chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t job = begin; job < end; ++job) {
      const std::int64_t n = job / chunks, first = job % chunks * chunk,
                         count = std::min(chunk, voxels - first);
      for (std::int64_t o = 0; o < outs; ++o) {
        weighted_sum(from + n * ins * voxels + first, ins, voxels, w + o * ins, bias ? bias[o] : 0,
                     to + (n * outs + o) * voxels + first, count);
      }
    }
  });
  return out;
}

}  // namespace anatomynet::network

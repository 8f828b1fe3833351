#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <torch/types.h>

namespace anatomynet::network {

// Passes over tensors that lie channels-last in memory: `voxels` rows of `channels` values, float or
// bfloat16. Sums add up chunks of one fixed size in one fixed order: the same bits on any number of threads.

/// Values for each channel, repeated until a row of them fills whole vectors.
class ChannelTable {
 public:
  explicit ChannelTable(std::span<const double> values);
  const float* data() const { return values_.data(); }
  std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }

 private:
  std::vector<float> values_;
};

struct ChannelSums {
  std::vector<double> first, second;
};

/// Sum x and sum x^2 a channel.
ChannelSums sums_of_squares(const torch::Tensor& x);

/// y = act(scale x + offset + r); `r` may be undefined; act(v) = v > 0 ? v : slope v.
torch::Tensor scaled(const torch::Tensor& x, const ChannelTable& scale, const ChannelTable& offset,
                     const torch::Tensor& r, double slope);

/// What a gradient `gy` of y = act(z) becomes before the activation: g = gy act'(z). The sign of z is that of
/// `y` where `y` is defined, else that of scale x + offset.
struct ActivationGradient {
  const torch::Tensor &gy, &x, &y;
  const ChannelTable &scale, &offset;
  double slope;
};

/// Sum g and sum g x' a channel, x' = deviation x + shift.
ChannelSums gradient_sums(const ActivationGradient& g, const ChannelTable& deviation,
                          const ChannelTable& shift);

/// by_g g + by_x x + constant; `g` itself into `residual` where that is wanted (not null).
torch::Tensor gradient_mix(const ActivationGradient& g, const ChannelTable& by_g, const ChannelTable& by_x,
                           const ChannelTable& constant, torch::Tensor* residual);

/// The channels of `a`, then those of `b` (N = 1, same sizes and type), channels-last; and back.
torch::Tensor joined_channels(const torch::Tensor& a, const torch::Tensor& b);
std::pair<torch::Tensor, torch::Tensor> parted_channels(const torch::Tensor& ab, std::int64_t channels_of_a);

}  // namespace anatomynet::network

#include "training/run/calibration.h"

#include <algorithm>
#include <array>

#include <torch/torch.h>

#include "training/run/validation.h"

namespace anatomynet::training {
namespace {

constexpr double lowest = -12, highest = 12, step = 0.2;
constexpr std::size_t bins = 1 + static_cast<std::size_t>((highest - lowest) / step + 0.5);

// Dice of one organ in one case as a function of the offset: a voxel is taken when margin + offset > 0.
std::array<double, bins> dice_by_offset(const torch::Tensor& margin, const torch::Tensor& truth) {
  // The offset at which a voxel comes in is -margin; count organ and other voxels by that.
  const torch::Tensor bin =
      ((-margin - lowest) / step).ceil().clamp(0, double(bins)).to(torch::kLong).flatten();
  const torch::Tensor organ = torch::bincount(bin, truth.flatten().to(torch::kDouble), bins + 1);
  const torch::Tensor all = torch::bincount(bin, {}, bins + 1);
  const double size = truth.sum().item<double>();
  std::array<double, bins> dice{};
  double hit = 0, taken = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    hit += organ[static_cast<std::int64_t>(b)].item<double>();
    taken += all[static_cast<std::int64_t>(b)].item<double>();
    dice[b] = size + taken > 0 ? 2 * hit / (size + taken) : 1;
  }
  return dice;
}

}  // namespace

std::vector<double> calibrate_offsets(network::Network& network, const TrainingSet& set, std::size_t cases,
                                      network::Precision precision, torch::Device device) {
  torch::NoGradGuard no_grad;
  network.eval();
  const std::size_t organs = set.organs.size(), count = std::min(cases, set.training.size());
  std::vector<std::array<double, bins>> sums(organs, std::array<double, bins>{});
  std::vector<bool> seen(organs);
  for (std::size_t i = 0; i < count; ++i) {
    const TrainingCase c = loaded(set.training[i * set.training.size() / count]);
    const torch::Tensor logits = whole_logits(network, c, set.input, precision, device);
    for (std::size_t organ = 0; organ < organs; ++organ) {
      const auto channel = static_cast<std::int64_t>(organ) + 1;
      if (!(c.annotated[channel].item<float>() > 0)) continue;
      torch::Tensor others = logits.clone();
      others[channel].fill_(-1e30);
      torch::Tensor margin = logits[channel] - std::get<0>(others.max(0)), truth = c.labels == channel;
      if (c.zones.of_slice.defined()) {  // only the slices where the organ's annotation says something
        const torch::Tensor slices =
            c.zones.known.select(1, channel).index({c.zones.of_slice.to(torch::kLong)});
        margin = margin.index({slices});
        truth = truth.index({slices});
      }
      const auto dice = dice_by_offset(margin, truth);
      for (std::size_t b = 0; b < bins; ++b) sums[organ][b] += dice[b];
      seen[organ] = true;
    }
  }
  std::vector<double> offsets(organs + 1, 0.0);
  for (std::size_t organ = 0; organ < organs; ++organ) {
    const auto best = std::max_element(sums[organ].begin(), sums[organ].end()) - sums[organ].begin();
    if (seen[organ]) offsets[organ + 1] = lowest + step * double(best);
  }
  return offsets;
}

void add_offsets(network::Network& network, const std::vector<double>& offsets) {
  torch::NoGradGuard no_grad;
  torch::Tensor bias = network.output_bias();
  bias.add_(torch::tensor(offsets, torch::kDouble).to(bias.options()));
}

}  // namespace anatomynet::training

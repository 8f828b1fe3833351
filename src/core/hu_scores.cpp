#include "core/hu_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anatomynet::core {
namespace {

constexpr double longest_side_mm = 4;

}  // namespace

double HuCurve::at(double value) const {
  if (hu.empty()) return 0;
  const auto next = std::upper_bound(hu.begin(), hu.end(), value) - hu.begin();
  if (next == 0) return logits.front();
  if (next == std::ssize(hu)) return logits.back();
  const double share = (value - hu[next - 1]) / (hu[next] - hu[next - 1]);
  return logits[next - 1] + share * (logits[next] - logits[next - 1]);
}

HuScores::HuScores(const CtView& ct, const Orientation& turn, const std::vector<HuCurve>& of_channel)
    : first_(ct.voxels.data()), channels_(std::ssize(of_channel)) {
  const Size3 along{1, ct.grid.size[0], ct.grid.size[0] * ct.grid.size[1]};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto axis = static_cast<std::size_t>(turn.axis[k]);
    size_[k] = ct.grid.size[axis];
    step_[k] = turn.flipped[k] ? -along[axis] : along[axis];
    if (turn.flipped[k]) first_ += (size_[k] - 1) * along[axis];
    radius_[k] = std::max<std::int64_t>(
        0, static_cast<std::int64_t>(std::floor((longest_side_mm / ct.grid.spacing[axis] - 1) / 2 + 1e-6)));
    apart_[k] = std::max<std::int64_t>(1, (radius_[k] + 1) / 2);  // two samples at most on either side
  }
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (const HuCurve& curve : of_channel)
    if (!curve.hu.empty()) {
      low = std::min(low, curve.hu.front());
      high = std::max(high, curve.hu.back());
    }
  if (low > high) low = high = 0;
  low_ = static_cast<int>(std::floor(low));
  high_ = static_cast<int>(std::ceil(high));
  table_.reserve(static_cast<std::size_t>((high_ - low_ + 1) * channels_));
  for (int hu = low_; hu <= high_; ++hu) {
    for (const HuCurve& curve : of_channel) {
      table_.push_back(static_cast<float>(curve.at(hu)));
      most_ = std::max(most_, table_.back() - *(table_.end() - 1 - (&curve - of_channel.data())));
    }
  }
}

double HuScores::local_hu(const Size3& at) const {
  Size3 from{}, to{};
  for (std::size_t k = 0; k < 3; ++k) {
    from[k] = at[k] - std::min(at[k], radius_[k]) / apart_[k] * apart_[k];
    to[k] = std::min(size_[k] - 1, at[k] + radius_[k]);
  }
  std::int64_t sum = 0, count = 0;
  for (std::int64_t z = from[2]; z <= to[2]; z += apart_[2])
    for (std::int64_t y = from[1]; y <= to[1]; y += apart_[1])
      for (std::int64_t x = from[0]; x <= to[0]; x += apart_[0], ++count)
        sum += first_[x * step_[0] + y * step_[1] + z * step_[2]];
  return double(sum) / double(count);
}

void HuScores::add(std::int64_t x, std::int64_t y, std::int64_t z, float* scores, std::int64_t stride) const {
  const auto hu = static_cast<int>(std::lround(local_hu({x, y, z})));
  const float* row = table_.data() + (std::clamp(hu, low_, high_) - low_) * channels_;
  for (std::int64_t c = 0; c < channels_; ++c) scores[c * stride] += row[c];
}

}  // namespace anatomynet::core

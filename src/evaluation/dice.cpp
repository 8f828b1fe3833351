#include "evaluation/dice.h"

#include <array>

#include "evaluation/boxed_mask.h"

namespace anatomynet::evaluation {
namespace {

struct Counts {
  std::array<std::int64_t, 256> predicted{}, truth{}, overlap{};
};

Counts count(const LabelVolume& predicted, const LabelVolume& truth) {
  require_same_grid(predicted.grid, truth.grid);
  Counts counts;
  for (std::size_t i = 0; i < truth.voxels.size(); ++i) {
    const std::uint8_t p = predicted.voxels[i], t = truth.voxels[i];
    ++counts.predicted[p];
    ++counts.truth[t];
    if (p == t) ++counts.overlap[p];
  }
  return counts;
}

OrganDice row(const Counts& counts, int id) {
  OrganDice out;
  out.id = id;
  if (id >= 0 && id <= 255) {
    out.predicted = counts.predicted[id];
    out.truth = counts.truth[id];
    out.overlap = counts.overlap[id];
  }
  const auto sum = static_cast<double>(out.predicted + out.truth);
  if (sum > 0) out.dice = 2 * static_cast<double>(out.overlap) / sum;
  return out;
}

}  // namespace

std::vector<OrganDice> dice_of(const LabelVolume& predicted, const LabelVolume& truth,
                               const std::vector<int>& ids) {
  const Counts counts = count(predicted, truth);
  std::vector<OrganDice> rows;
  for (const int id : ids) rows.push_back(row(counts, id));
  return rows;
}

std::vector<OrganDice> dice_of(const LabelVolume& predicted, const LabelVolume& truth) {
  const Counts counts = count(predicted, truth);
  std::vector<OrganDice> rows;
  for (int id = 1; id <= 255; ++id)
    if (counts.predicted[id] + counts.truth[id] > 0) rows.push_back(row(counts, id));
  return rows;
}

}  // namespace anatomynet::evaluation

#include "evaluation/dice.h"

#include <array>
#include <cstdio>

#include "core/error.h"

namespace anatomynet {
namespace {

constexpr double grid_tolerance_mm = 0.01;

std::string geometry(const Grid& g) {
  char text[200];
  const Mat3& d = g.direction;
  std::snprintf(text, sizeof text,
                " from (%.6g, %.6g, %.6g), axes (%.4g %.4g %.4g)(%.4g %.4g %.4g)(%.4g %.4g %.4g)",
                g.origin[0], g.origin[1], g.origin[2], d[0][0], d[1][0], d[2][0], d[0][1], d[1][1], d[2][1],
                d[0][2], d[1][2], d[2][2]);
  return describe(g) + text;
}

struct Counts {
  std::array<std::int64_t, 256> predicted{}, truth{}, overlap{};
};

Counts count(const LabelVolume& predicted, const LabelVolume& truth) {
  if (!same_grid(predicted.grid, truth.grid, grid_tolerance_mm))
    throw Error(ErrorKind::input, "the two label maps lie on different grids: prediction " +
                                      geometry(predicted.grid) + "; truth " + geometry(truth.grid) +
                                      "; resample one onto the other's grid");
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

}  // namespace anatomynet

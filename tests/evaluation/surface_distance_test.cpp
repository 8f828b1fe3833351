#include "evaluation/surface_distance.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.h"

namespace anatomynet::evaluation {
namespace {

Grid grid_of(Size3 size, Vec3 spacing) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return grid;
}

void paint(LabelVolume& labels, Size3 low, Size3 high, std::uint8_t id) {
  for (std::int64_t z = low[2]; z < high[2]; ++z)
    for (std::int64_t y = low[1]; y < high[1]; ++y)
      for (std::int64_t x = low[0]; x < high[0]; ++x) labels.at(x, y, z) = id;
}

// The definition by brute force over all pairs of surface voxels.
std::vector<Vec3> surface_points(const LabelVolume& labels, int id) {
  const Size3& n = labels.grid.size;
  const auto in = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    return x >= 0 && y >= 0 && z >= 0 && x < n[0] && y < n[1] && z < n[2] && labels.at(x, y, z) == id;
  };
  std::vector<Vec3> points;
  for (std::int64_t z = 0; z < n[2]; ++z)
    for (std::int64_t y = 0; y < n[1]; ++y)
      for (std::int64_t x = 0; x < n[0]; ++x)
        if (in(x, y, z) && !(in(x - 1, y, z) && in(x + 1, y, z) && in(x, y - 1, z) && in(x, y + 1, z) &&
                             in(x, y, z - 1) && in(x, y, z + 1)))
          points.push_back(labels.grid.to_world({double(x), double(y), double(z)}));
  return points;
}

double brute_force(const LabelVolume& a, const LabelVolume& b, int id) {
  const auto p = surface_points(a, id), q = surface_points(b, id);
  const auto directed = [](const std::vector<Vec3>& from, const std::vector<Vec3>& to) {
    std::vector<double> d;
    for (const Vec3& u : from) {
      double least = 1e300;
      for (const Vec3& v : to) least = std::min(least, std::hypot(u[0] - v[0], u[1] - v[1], u[2] - v[2]));
      d.push_back(least);
    }
    std::sort(d.begin(), d.end());
    const double rank = 0.95 * double(d.size() - 1), low = std::floor(rank);
    const auto i = static_cast<std::size_t>(low);
    return i + 1 < d.size() ? d[i] * (1 - (rank - low)) + d[i + 1] * (rank - low) : d[i];
  };
  return std::max(directed(p, q), directed(q, p));
}

TEST(Hausdorff95, OfABoxMovedAlongEachAxisIsTheMove) {
  const Grid grid = grid_of({30, 30, 30}, {1, 1.5, 2.5});
  for (int k = 0; k < 3; ++k) {
    LabelVolume a(grid), b(grid);
    Size3 low{5, 5, 5}, high{8, 8, 8};
    paint(a, low, high, 3);
    low[k] += 12;
    high[k] += 12;
    paint(b, low, high, 3);
    // The far and the near face of a box of 3 are two voxels apart; most of it is farther than the near face.
    EXPECT_NEAR(*hausdorff95(a, b, 3), 12 * grid.spacing[k], 1e-9) << k;
    EXPECT_EQ(*hausdorff95(a, a, 3), 0) << k;
  }
}

TEST(Hausdorff95, AgreesWithAllPairsOnRandomShapes) {
  std::mt19937 random(7);
  for (int round = 0; round < 12; ++round) {
    Grid grid = grid_of({9 + round % 3, 8, 7}, {0.7 + 0.3 * (round % 4), 1.1, 3});
    if (round % 2) grid.direction = {{{0, -1, 0}, {1, 0, 0}, {0, 0, 1}}};
    LabelVolume a(grid), b(grid);
    std::bernoulli_distribution often(0.03 * (round + 1));
    for (auto& v : a.voxels) v = often(random) ? 2 : 0;
    for (auto& v : b.voxels) v = often(random) ? 2 : 1;
    a.voxels[5] = b.voxels[40] = 2;
    EXPECT_NEAR(*hausdorff95(a, b, 2), brute_force(a, b, 2), 1e-9) << round;
    EXPECT_EQ(*hausdorff95(a, b, 2), *hausdorff95(b, a, 2)) << round;
  }
}

TEST(Hausdorff95, LeavesOutTheFarthestTwentieth) {
  const Grid grid = grid_of({200, 1, 1}, {1, 1, 1});
  LabelVolume a(grid), b(grid);
  paint(a, {0, 0, 0}, {100, 1, 1}, 1);
  paint(b, {0, 0, 0}, {100, 1, 1}, 1);
  b.at(199, 0, 0) = 1;  // one stray voxel of 101
  EXPECT_EQ(*hausdorff95(a, b, 1), 0);
  paint(b, {190, 0, 0}, {200, 1, 1}, 1);  // ten of 110
  EXPECT_GT(*hausdorff95(a, b, 1), 90);
}

TEST(Hausdorff95, HasNoFigureWhereAnOrganIsMissing) {
  const Grid grid = grid_of({4, 4, 4}, {1, 1, 1});
  LabelVolume a(grid), b(grid);
  EXPECT_FALSE(hausdorff95(a, b, 1));
  a.at(1, 1, 1) = 1;
  EXPECT_FALSE(hausdorff95(a, b, 1));
  EXPECT_FALSE(hausdorff95(b, a, 1));
  b.at(1, 1, 3) = 1;
  EXPECT_EQ(*hausdorff95(a, b, 1), 2);
  EXPECT_THROW(hausdorff95(a, LabelVolume(grid_of({4, 4, 5}, {1, 1, 1})), 1), Error);
}

}  // namespace
}  // namespace anatomynet::evaluation

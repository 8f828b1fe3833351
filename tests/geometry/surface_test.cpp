#include "geometry/surface.h"

#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/near.h"
#include "geometry/masks.h"

namespace anatomynet::geometry {
namespace {

using test::random_mask;
using test::rotation;

// An ellipsoid given in the patient frame, on any grid.
struct Ellipsoid {
  Vec3 centre{}, axes{};
  double at(const Vec3& p) const {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += std::pow((p[k] - centre[k]) / axes[k], 2);
    return std::sqrt(sum);
  }
  double ml() const { return 4.0 / 3 * std::numbers::pi * axes[0] * axes[1] * axes[2] / 1000; }
};

LabelVolume painted(const Grid& grid, const Ellipsoid& e, std::uint8_t id) {
  LabelVolume labels(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x)
        if (e.at(grid.to_world({double(x), double(y), double(z)})) <= 1) labels.at(x, y, z) = id;
  return labels;
}

// Middle of the grid at `centre`.
Grid grid_around(const Vec3& centre, const Size3& size, const Vec3& spacing, const Mat3& direction) {
  Grid grid{size, spacing, {0, 0, 0}, direction};
  const Vec3 middle =
      grid.to_world({double(size[0] - 1) / 2, double(size[1] - 1) / 2, double(size[2] - 1) / 2});
  for (int k = 0; k < 3; ++k) grid.origin[k] = centre[k] - middle[k];
  return grid;
}

double mask_ml(const LabelVolume& labels, int id) {
  return double(std::count(labels.voxels.begin(), labels.voxels.end(), std::uint8_t(id))) *
         labels.grid.voxel_ml();
}

// Each edge twice, once in each direction; every point used and finite; no triangle names a point twice.
void expect_closed(const Surface& surface, const std::string& what) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> directed;
  std::set<std::uint32_t> used;
  for (const auto& t : surface.triangles) {
    ASSERT_TRUE(t[0] != t[1] && t[1] != t[2] && t[0] != t[2]) << what;
    for (int i = 0; i < 3; ++i) {
      ASSERT_LT(t[i], surface.points.size()) << what;
      used.insert(t[i]);
      ++directed[{t[i], t[(i + 1) % 3]}];
    }
  }
  EXPECT_EQ(used.size(), surface.points.size()) << what;
  for (const auto& [edge, times] : directed) {
    ASSERT_EQ(times, 1) << what;
    ASSERT_TRUE(directed.contains({edge.second, edge.first})) << what << ": a hole";
  }
  for (const auto& p : surface.points)
    for (const float v : p) ASSERT_TRUE(std::isfinite(v)) << what;
}

TEST(Surface, OfAnEllipsoidLiesOnItHoweverTheGridLies) {
  const Ellipsoid e{{31, -17, 204}, {21, 12, 15}};
  for (const bool mirrored : {false, true})
    for (const Vec3& spacing : {Vec3{1, 1, 1}, Vec3{0.9, 1.2, 3}, Vec3{2.5, 1, 1}}) {
      Size3 size{};
      for (int k = 0; k < 3; ++k) size[k] = std::llround(56 / spacing[k]);
      const Grid grid = grid_around(e.centre, size, spacing, rotation(0.4, -0.3, 0.7, mirrored));
      const LabelVolume labels = painted(grid, e, 7);
      const Surface surface = trace_surface(labels, 7);
      const std::string what = describe(grid) + (mirrored ? ", mirrored" : "");
      expect_closed(surface, what);
      EXPECT_EQ(trace_surface(labels, 7, {.box = label_box(labels, 7)}).points, surface.points) << what;
      EXPECT_NEAR(surface.volume_ml(), mask_ml(labels, 7), 0.003 * mask_ml(labels, 7)) << what;
      EXPECT_NEAR(surface.volume_ml(), e.ml(), 0.02 * e.ml()) << what;
      // A point is off by a share of the voxel it crossed at most.
      const double most = 0.75 * *std::max_element(spacing.begin(), spacing.end());
      double sum = 0, worst = 0;
      for (const auto& p : surface.points) {
        const Vec3 at{p[0], p[1], p[2]};
        double length = 0;
        for (int k = 0; k < 3; ++k) length += std::pow(at[k] - e.centre[k], 2);
        const double off = std::abs(1 - 1 / e.at(at)) * std::sqrt(length);
        worst = test::largest_or_nan(worst, off);
        sum += off;
      }
      EXPECT_LT(worst, most) << what;
      EXPECT_LT(sum / double(surface.points.size()), 0.25 * most) << what;
    }
}

TEST(Surface, IsClosedForAnyMaskWhateverTouches) {
  for (const double density : {0.05, 0.3, 0.5, 0.7, 0.95})
    for (unsigned seed = 1; seed <= 4; ++seed) {
      const LabelVolume mask = random_mask(seed, 9, 8, 7, density);
      for (const int smoothing : {0, 20}) {
        const Surface surface = trace_surface(mask, 1, {.smoothing = smoothing});
        expect_closed(surface, "density " + std::to_string(density));
        EXPECT_GT(surface.volume_ml(), 0);
      }
    }
}

TEST(Surface, OfThinAndTinyOrgansExistsAndIsClosed) {
  for (const Size3 size : {Size3{1, 1, 1}, Size3{12, 9, 1}, Size3{1, 9, 12}, Size3{1, 1, 20}}) {
    Grid grid;
    grid.size = size;
    grid.spacing = {1, 1, 2.5};
    const LabelVolume full(grid, 3);  // touches every border
    const Surface surface = trace_surface(full, 3);
    expect_closed(surface, describe(grid));
    EXPECT_NEAR(surface.volume_ml(), mask_ml(full, 3), 0.03 * mask_ml(full, 3)) << describe(grid);
  }
}

TEST(Surface, CutByTheBorderIsClosedThere) {
  const Ellipsoid e{{0, 0, 0}, {15, 15, 15}};
  Grid grid = grid_around({10, 0, 0}, {30, 40, 40}, {1, 1, 1}, rotation(0, 0, 0));  // x from -4.5
  const LabelVolume labels = painted(grid, e, 1);
  const Surface surface = trace_surface(labels, 1);
  expect_closed(surface, "cut");
  EXPECT_NEAR(surface.volume_ml(), mask_ml(labels, 1), 0.003 * mask_ml(labels, 1));
  float lowest = 100;
  for (const auto& p : surface.points) lowest = std::min(lowest, p[0]);
  EXPECT_NEAR(lowest, -5, 0.5);
}

TEST(Surface, OfBlocksHasFewTrianglesAndTheSameVolume) {
  const Ellipsoid e{{5, 6, 7}, {40, 30, 25}};
  const LabelVolume labels = painted(grid_around(e.centre, {90, 70, 60}, {1, 1, 1}, rotation(0, 0, 0)), e, 2);
  const Surface fine = trace_surface(labels, 2), coarse = trace_surface(labels, 2, {.most_triangles = 3000});
  expect_closed(coarse, "coarse");
  EXPECT_GT(fine.triangles.size(), 20000u);
  EXPECT_LT(coarse.triangles.size(), 3600u);
  EXPECT_GT(coarse.triangles.size(), 1500u);
  EXPECT_NEAR(coarse.volume_ml(), mask_ml(labels, 2), 0.01 * mask_ml(labels, 2));
  Vec3 mean{};
  for (const auto& p : coarse.points)
    for (int k = 0; k < 3; ++k) mean[k] += p[k] / double(coarse.points.size());
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(mean[k], e.centre[k], 0.7);
}

TEST(Surface, OfThinOrgansInBlocksIsNotLost) {
  Grid grid;
  grid.size = {60, 60, 60};
  LabelVolume labels(grid);
  for (std::int64_t i = 5; i < 55; ++i) labels.at(i, 20, 20) = 1;
  const Surface surface = trace_surface(labels, 1, {.most_triangles = 20});
  expect_closed(surface, "line");
  EXPECT_FALSE(surface.triangles.empty());
}

TEST(Surface, OfNothingIsEmpty) {
  const LabelVolume mask = random_mask(1, 5, 5, 5, 0.5);
  for (const int id : {2, -1, 256}) {
    EXPECT_TRUE(trace_surface(mask, id).points.empty());
    EXPECT_TRUE(trace_surface(mask, id).triangles.empty());
    EXPECT_EQ(trace_surface(mask, id).volume_ml(), 0);
  }
}

}  // namespace
}  // namespace anatomynet::geometry

#include <limits>

#include <gtest/gtest.h>

#include "core/error.h"
#include "geometry/masks.h"

namespace anatomynet::geometry {
namespace {

using namespace test;

TEST(TraceContours, SinglePixelIsADiamond) {
  const LabelVolume mask = drawn({"...", ".#.", "..."});
  const auto contours = trace_contours(mask, 1);
  ASSERT_EQ(contours.size(), 1u);
  const std::vector<std::array<double, 2>> expected{{1, 0.5}, {1.5, 1}, {1, 1.5}, {0.5, 1}};
  EXPECT_EQ(contours[0].points, expected);
  EXPECT_FALSE(contours[0].hole);
  EXPECT_DOUBLE_EQ(area(contours[0]), 0.5);
}

TEST(TraceContours, CornerNeighboursAreApartAndTheirGapIsNoHole) {
  const auto contours = trace_contours(drawn({"#.", ".#"}), 1);
  EXPECT_EQ(contours.size(), 2u);
  EXPECT_EQ(faults(contours), 0);
  // A diamond of four closes nothing: its middle is open at the corners.
  for (const auto& c : trace_contours(drawn({".#.", "#.#", ".#."}), 1)) EXPECT_FALSE(c.hole);
}

TEST(TraceContours, RingHasOneHole) {
  const LabelVolume mask = drawn({"#####", "#...#", "#.#.#", "#...#", "#####"});
  const auto contours = trace_contours(mask, 1);
  ASSERT_EQ(contours.size(), 3u);
  EXPECT_FALSE(contours[0].hole);
  EXPECT_TRUE(contours[1].hole);
  EXPECT_FALSE(contours[2].hole);
  EXPECT_DOUBLE_EQ(area(contours[0]), 24.5);
  EXPECT_DOUBLE_EQ(area(contours[1]), -8.5);
}

TEST(TraceContours, AnotherIdAndOneThatDoesNotOccur) {
  LabelVolume mask = drawn({"##", "##"});
  mask.at(0, 0, 0) = 200;
  EXPECT_EQ(trace_contours(mask, 200).size(), 1u);
  EXPECT_TRUE(trace_contours(mask, 7).empty());
  EXPECT_TRUE(trace_contours(mask, 256).empty());
  EXPECT_TRUE(trace_contours(mask, -1).empty());
}

TEST(TraceContours, RandomMasksComeBackExactly) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const LabelVolume mask =
        random_mask(seed, 3 + seed % 17, 2 + seed % 13, 3, 0.1 + 0.85 * (seed % 10) / 10);
    auto contours = trace_contours(mask, 1);
    EXPECT_EQ(filled(contours, mask.grid).voxels, mask.voxels) << "seed " << seed;
    simplify(contours, mask.grid);
    EXPECT_EQ(filled(contours, mask.grid).voxels, mask.voxels) << "simplified, seed " << seed;
  }
}

TEST(TraceContours, OutlinesAreSimpleAndDoNotTouch) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    const LabelVolume mask = random_mask(seed, 12, 11, 1, 0.2 + 0.06 * (seed % 12));
    auto contours = trace_contours(mask, 1);
    EXPECT_EQ(faults(contours), 0) << "seed " << seed;
    for (const auto& c : contours) {
      EXPECT_GE(c.points.size(), 4u);
      EXPECT_EQ(area(c) < 0, c.hole);
    }
  }
}

TEST(TraceContours, WindingNumberAgreesWithTheMask) {
  const LabelVolume mask = random_mask(5, 14, 14, 1, 0.6);
  const auto contours = trace_contours(mask, 1);
  for (std::int64_t y = 0; y < 14; ++y)
    for (std::int64_t x = 0; x < 14; ++x) {
      int sum = 0;
      for (const auto& c : contours) sum += winding(c, double(x), double(y));
      EXPECT_EQ(sum, mask.at(x, y, 0)) << x << ", " << y;
    }
}

TEST(Simplify, ARectangleKeepsItsEightPoints) {
  const LabelVolume mask = drawn({"......", ".####.", ".####.", ".####.", "......"});
  auto contours = trace_contours(mask, 1);
  EXPECT_EQ(contours[0].points.size(), 14u);
  simplify(contours, mask.grid);
  EXPECT_EQ(contours[0].points.size(), 8u);
  EXPECT_EQ(filled(contours, mask.grid).voxels, mask.voxels);
}

TEST(Simplify, AnyToleranceKeepsTheMask) {
  Grid grid;
  grid.size = {60, 50, 1};
  grid.spacing = {0.6, 1.1, 3};
  LabelVolume disc(grid);
  for (std::int64_t y = 0; y < 50; ++y)
    for (std::int64_t x = 0; x < 60; ++x)
      disc.at(x, y, 0) = std::hypot(double(x) - 28.3, 1.2 * (double(y) - 23.7)) < 21.4;
  auto exact = trace_contours(disc, 1);
  simplify(exact, grid);
  for (const double tolerance : {0.05, 0.1, 5.0}) {
    auto contours = trace_contours(disc, 1);
    simplify(contours, grid, tolerance);
    EXPECT_LE(contours[0].points.size(), exact[0].points.size());
    EXPECT_EQ(filled(contours, grid).voxels, disc.voxels) << tolerance;
    EXPECT_EQ(faults(contours), 0);
  }
  for (unsigned seed = 0; seed < 30; ++seed) {
    const LabelVolume mask = random_mask(seed, 12, 12, 1, 0.55);
    auto contours = trace_contours(mask, 1);
    simplify(contours, mask.grid, 5.0);
    EXPECT_EQ(filled(contours, mask.grid).voxels, mask.voxels) << "seed " << seed;
    EXPECT_EQ(faults(contours), 0) << "seed " << seed;
    for (const auto& c : contours) EXPECT_GE(c.points.size(), 3u);
  }
}

TEST(FillContours, ATriangleAgainstItsInequalities) {
  Grid grid;
  grid.size = {10, 10, 2};
  const SliceContour triangle{1, {{0.3, 0.2}, {8.6, 2.1}, {3.2, 9.4}}, false};
  const LabelVolume mask = filled({triangle}, grid);
  for (std::int64_t y = 0; y < 10; ++y)
    for (std::int64_t x = 0; x < 10; ++x) {
      EXPECT_EQ(mask.at(x, y, 1), winding(triangle, double(x), double(y)) != 0) << x << ", " << y;
      EXPECT_EQ(mask.at(x, y, 0), 0);
    }
}

TEST(FillContours, SharedEdgesThroughCentresBelongToOneSideOnly) {
  Grid grid;
  grid.size = {7, 5, 1};
  const SliceContour left{0, {{1, 1}, {3, 1}, {3, 4}, {1, 4}}, false},
      right{0, {{3, 1}, {5, 1}, {5, 4}, {3, 4}}, false};
  LabelVolume mask(grid);
  fill_contours({left}, mask, 1);
  fill_contours({right}, mask, 2);
  EXPECT_EQ(std::count(mask.voxels.begin(), mask.voxels.end(), 1), 6);
  EXPECT_EQ(std::count(mask.voxels.begin(), mask.voxels.end(), 2), 6);
}

TEST(FillContours, OutsideTheGridIsIgnoredAndClippedParts) {
  Grid grid;
  grid.size = {4, 4, 1};
  const std::vector<std::array<double, 2>> around{{-1e9, -1e9}, {1e9, -1e9}, {1e9, 1e9}, {-1e9, 1e9}};
  const LabelVolume all = filled({{0, around, false}, {7, around, false}, {-1, around, false}}, grid);
  EXPECT_EQ(std::count(all.voxels.begin(), all.voxels.end(), 1), 16);
}

TEST(FillContours, RefusesWhatIsNoPolygon) {
  Grid grid;
  grid.size = {4, 4, 1};
  LabelVolume mask(grid);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(fill_contours({{0, {{0, 0}, {1, 1}}, false}}, mask, 1), Error);
  EXPECT_THROW(fill_contours({{0, {{0, 0}, {1, nan}, {2, 2}}, false}}, mask, 1), Error);
  EXPECT_THROW(fill_contours({}, mask, 256), Error);
}

TEST(ToPatient, FollowsAxesOriginAndSpacing) {
  Grid grid;
  grid.size = {10, 10, 5};
  grid.spacing = {2, 3, 4};
  grid.origin = {-100, 50, 7};
  grid.direction = {{{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}}};  // x runs to the front, y to the left
  const auto world = to_patient({2, {{1.5, 2}}, false}, grid);
  EXPECT_EQ(world, (std::vector<Vec3>{{-94, 47, 15}}));
}

}  // namespace
}  // namespace anatomynet::geometry

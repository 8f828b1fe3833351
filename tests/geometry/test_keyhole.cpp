#include <gtest/gtest.h>

#include "geometry/masks.h"

namespace anatomynet::geometry {
namespace {

using namespace test;

TEST(Keyhole, RingBecomesOnePolygon) {
  const LabelVolume mask = drawn({"#####", "#...#", "#...#", "#####"});
  const auto joined = keyholed(trace_contours(mask, 1));
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_EQ(faults(joined), 0);
  EXPECT_EQ(filled(joined, mask.grid).voxels, mask.voxels);
  EXPECT_NEAR(area(joined[0]), 19.5 - 5.5 - 0.04 * 1.5, 0.01);
}

TEST(Keyhole, HolesInOneRowChain) {
  const LabelVolume mask = drawn({"#########", "#.#.#..##", "#########"});
  const auto joined = keyholed(trace_contours(mask, 1));
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_EQ(faults(joined), 0);
  EXPECT_EQ(filled(joined, mask.grid).voxels, mask.voxels);
}

TEST(Keyhole, IslandInAHoleStaysItsOwnPolygon) {
  const LabelVolume mask =
      drawn({"#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######"});
  const auto joined = keyholed(trace_contours(mask, 1));
  EXPECT_EQ(joined.size(), 2u);
  EXPECT_EQ(faults(joined), 0);
  EXPECT_EQ(filled(joined, mask.grid).voxels, mask.voxels);
}

TEST(Keyhole, RandomMasksStayExactSimpleAndApart) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const LabelVolume mask = random_mask(seed, 4 + seed % 11, 5 + seed % 9, 1, 0.45 + 0.05 * (seed % 10));
    for (const double tolerance : {-1.0, 0.0, 5.0}) {
      auto contours = trace_contours(mask, 1);
      if (tolerance >= 0) simplify(contours, mask.grid, tolerance);
      const auto joined = keyholed(contours);
      const auto outer =
          std::count_if(contours.begin(), contours.end(), [](const SliceContour& c) { return !c.hole; });
      ASSERT_EQ(static_cast<std::ptrdiff_t>(joined.size()), outer);
      EXPECT_EQ(faults(joined), 0) << "seed " << seed << ", tolerance " << tolerance;
      EXPECT_EQ(filled(joined, mask.grid).voxels, mask.voxels)
          << "seed " << seed << ", tolerance " << tolerance;
      for (const auto& c : joined)  // each polygon by itself, as a reader without even-odd fills it
        for (std::int64_t y = 0; y < mask.grid.size[1]; ++y)
          for (std::int64_t x = 0; x < mask.grid.size[0]; ++x)
            if (!mask.at(x, y, 0)) {
              EXPECT_EQ(winding(c, double(x), double(y)), 0);
            }
    }
  }
}

TEST(Keyhole, SlicesDoNotMix) {
  const LabelVolume mask = random_mask(3, 10, 10, 6, 0.7);
  const auto joined = keyholed(trace_contours(mask, 1));
  EXPECT_EQ(filled(joined, mask.grid).voxels, mask.voxels);
}

}  // namespace
}  // namespace anatomynet::geometry

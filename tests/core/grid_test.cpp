#include "core/grid.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/refusal.h"
#include "core/resample.h"

namespace anatomynet::core {
namespace {

using test::distance;

Grid some_grid(const Mat3& direction) {
  return {
      .size = {4, 5, 7}, .spacing = {0.9, 1.7, 2.5}, .origin = {-120.5, 33.25, -801}, .direction = direction};
}

std::vector<Mat3> oblique_directions() {
  std::vector<Mat3> all;
  for (const double a : {0.0, 0.3, -2.1})
    for (const double b : {0.0, 0.6, 1.4})
      for (const bool mirrored : {false, true}) all.push_back(test::rotation(a, b, 0.2 - a, mirrored));
  return all;
}

TEST(Grid, IndexAndWorldAreInverse) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> at(-50, 50);
  for (const Mat3& direction : oblique_directions()) {
    const Grid grid = some_grid(direction);
    for (int i = 0; i < 20; ++i) {
      const Vec3 index{at(random), at(random), at(random)};
      EXPECT_LT(distance(grid.to_index(grid.to_world(index)), index), 1e-9);
    }
  }
}

TEST(Grid, WorldStepsAlongTheDirectionColumns) {
  // The column convention, which a transposed matrix would break only on oblique grids.
  const Grid grid = some_grid(test::rotation(0.3, 0.6, -0.1));
  for (int k = 0; k < 3; ++k) {
    Vec3 index{2, 1, 3};
    const Vec3 from = grid.to_world(index);
    index[k] += 1;
    const Vec3 to = grid.to_world(index);
    for (int r = 0; r < 3; ++r) EXPECT_NEAR(to[r] - from[r], grid.spacing[k] * grid.direction[r][k], 1e-12);
  }
  EXPECT_EQ(grid.to_world({0, 0, 0}), grid.origin);
}

TEST(Grid, AcceptsEveryOrthonormalGrid) {
  for (const Mat3& direction : oblique_directions()) EXPECT_NO_THROW(some_grid(direction).check("image"));
  for (const Mat3& direction : test::axis_directions()) EXPECT_NO_THROW(some_grid(direction).check("image"));
}

TEST(Grid, RefusesWhatIsNoGrid) {
  const Grid good = some_grid(test::rotation(0.3, 0.6, -0.1));
  const auto refused = [&](const std::string& part, auto spoil) {
    Grid bad = good;
    spoil(bad);
    test::expect_refused(ErrorKind::input, {"scan.nrrd", part}, [&] { bad.check("scan.nrrd"); });
  };
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 3; ++k) {
    refused("empty", [&](Grid& g) { g.size[k] = 0; });
    refused("empty", [&](Grid& g) { g.size[k] = -3; });
    for (const double s : {0.0, -1.0, nan, inf}) refused("spacing", [&](Grid& g) { g.spacing[k] = s; });
    for (const double o : {nan, inf, -inf}) refused("origin", [&](Grid& g) { g.origin[k] = o; });
    refused("orthonormal", [&](Grid& g) { g.direction[k][1] = nan; });
    for (const double s : {1e-300, 9e-4, 1001.0, 1e12})
      refused("spacing", [&](Grid& g) { g.spacing[k] = s; });
    refused("no side above 10 m", [&](Grid& g) { g.size[k] = 12000; });
    for (const double o : {1.1e6, -1e300}) refused("origin", [&](Grid& g) { g.origin[k] = o; });
    refused("impossible size", [&](Grid& g) { g.size[k] = std::numeric_limits<std::int64_t>::max(); });
    refused("orthonormal", [&](Grid& g) { g.direction[k] = {0, 0, 0}; });
    refused("orthonormal", [&](Grid& g) {
      for (int r = 0; r < 3; ++r) g.direction[r][k] *= 1.01;
    });
  }
  // Products that are 0 modulo 2^64.
  refused("impossible size", [](Grid& g) { g.size = {4294967296, 4294967296, 4294967296}; });
  refused("impossible size", [](Grid& g) { g.size = {1, std::int64_t{1} << 62, 4}; });
  refused("orthonormal", [&](Grid& g) {  // 2 degrees of shear
    for (int r = 0; r < 3; ++r) g.direction[r][0] += 0.035 * g.direction[r][1];
  });
}

TEST(Grid, SameGridComparesEveryCorner) {
  const Grid a = some_grid(test::rotation(0.3, 0.6, -0.1));
  EXPECT_TRUE(same_grid(a, a));
  Grid b = a;
  b.origin[1] += 5e-4;
  EXPECT_TRUE(same_grid(a, b));
  b.origin[1] += 1e-3;
  EXPECT_FALSE(same_grid(a, b));
  EXPECT_TRUE(same_grid(a, b, 0.01));
  b = a;
  b.spacing[2] += 1e-3;  // 6 mm along z: noticed at the far corner alone
  EXPECT_FALSE(same_grid(a, b));
  b = a;
  b.size[0] += 1;
  EXPECT_FALSE(same_grid(a, b));
  b = a;
  b.origin[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(same_grid(a, b));
}

TEST(Orientation, BringsEveryAxisOrderToLps) {
  for (const Mat3& axes : test::axis_directions()) {
    for (const double tilt : {0.0, 0.3}) {
      const Grid grid = some_grid(test::product(test::rotation(tilt, -tilt / 2, tilt / 3), axes));
      const Grid turned = reoriented(grid, nearest_orientation(grid));
      for (int k = 0; k < 3; ++k)
        for (const int other : {(k + 1) % 3, (k + 2) % 3})
          EXPECT_GT(turned.direction[k][k], std::abs(turned.direction[other][k]));
      EXPECT_LT(distance(test::box_centre(turned), test::box_centre(grid)), 1e-9);
      EXPECT_TRUE(nearest_orientation(turned).identity());
    }
  }
}

TEST(Orientation, IsAPermutationAtFortyFiveDegrees) {
  const double q = M_PI / 4;
  for (const Mat3& direction :
       {test::rotation(q, 0, 0), test::rotation(q, q, q), test::rotation(0, q, -q, true)}) {
    const Orientation o = nearest_orientation(some_grid(direction));
    EXPECT_EQ((std::array{1 << o.axis[0] | 1 << o.axis[1] | 1 << o.axis[2]}), (std::array{7}));
  }
}

TEST(Reorient, IsExactBothWaysAndMovesNothing) {
  for (const Mat3& direction : test::axis_directions()) {
    CtVolume ct(some_grid(direction));
    std::iota(ct.voxels.begin(), ct.voxels.end(), std::int16_t{-70});
    const Orientation turn = nearest_orientation(ct.grid);
    const CtVolume turned = reorient(ct, turn);
    ASSERT_EQ(turned.voxels.size(), ct.voxels.size());

    // Every voxel keeps its place in the patient: looked up through world coordinates.
    for (std::int64_t z = 0; z < ct.grid.size[2]; ++z)
      for (std::int64_t y = 0; y < ct.grid.size[1]; ++y)
        for (std::int64_t x = 0; x < ct.grid.size[0]; ++x) {
          const Vec3 index = turned.grid.to_index(ct.grid.to_world({double(x), double(y), double(z)}));
          ASSERT_EQ(turned.at(std::lround(index[0]), std::lround(index[1]), std::lround(index[2])),
                    ct.at(x, y, z));
        }
    const CtVolume back = reorient_back(turned, ct.grid, turn);
    EXPECT_EQ(back.voxels, ct.voxels);
    EXPECT_EQ(back.grid.direction, ct.grid.direction);
    EXPECT_EQ(back.grid.origin, ct.grid.origin);
  }
}

}  // namespace
}  // namespace anatomynet::core

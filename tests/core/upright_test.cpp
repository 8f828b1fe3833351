#include "core/upright.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "common/grids.h"

namespace anatomynet::core {
namespace {

// About the axis (1, 1, 1).
Mat3 turned(double degrees) {
  const double a = degrees * std::numbers::pi / 180, c = std::cos(a), s = std::sin(a) / std::sqrt(3.0),
               t = (1 - c) / 3;
  return {{{t + c, t - s, t + s}, {t + s, t + c, t - s}, {t - s, t + s, t + c}}};
}

Grid oblique(double degrees) {
  return {
      .size = {40, 36, 30}, .spacing = {2, 2.5, 3}, .origin = {-31, 12, -55}, .direction = turned(degrees)};
}

TEST(Upright, ObliquityIsTheLargestAngleOfAnAxis) {
  EXPECT_NEAR(obliquity(oblique(0)), 0, 1e-6);
  // The angle between an axis and its image under a turn about (1, 1, 1): cos = (1 + 2 cos a) / 3.
  const double expected = std::acos((1 + 2 * std::cos(0.3)) / 3) * 180 / std::numbers::pi;
  EXPECT_NEAR(obliquity(oblique(0.3 * 180 / std::numbers::pi)), expected, 1e-6);
  Grid backwards;
  backwards.size = {2, 2, 2};
  backwards.direction = {{{0, 0, -1}, {1, 0, 0}, {0, -1, 0}}};
  EXPECT_NEAR(obliquity(backwards), 0, 1e-6);
}

TEST(Upright, TheGridHoldsEveryVoxelAndNotMuchMore) {
  for (const double degrees : {0.0, 12.0, -40.0}) {
    const Grid g = oblique(degrees), upright = upright_grid(g);
    Vec3 low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
    for (std::int64_t z = 0; z < g.size[2]; ++z)
      for (std::int64_t y = 0; y < g.size[1]; ++y)
        for (std::int64_t x = 0; x < g.size[0]; ++x) {
          const Vec3 i = upright.to_index(g.to_world({double(x), double(y), double(z)}));
          for (int k = 0; k < 3; ++k) {
            low[k] = std::min(low[k], i[k]);
            high[k] = std::max(high[k], i[k]);
          }
        }
    for (int k = 0; k < 3; ++k) {
      EXPECT_GE(low[k], -1e-6);
      EXPECT_LE(low[k], 0.5 + 1e-6);
      EXPECT_LE(high[k], double(upright.size[k] - 1) + 1e-6);
      EXPECT_GE(high[k], double(upright.size[k] - 1) - 0.5 - 1e-6);
    }
  }
  const Grid g = oblique(0);
  EXPECT_TRUE(same_grid(upright_grid(g), g));
}

// Trilinear interpolation gives back what is linear in space.
TEST(Upright, ALinearImageStaysWhatItIs) {
  const auto value = [](const Vec3& p) { return 3 * p[0] - 5 * p[1] + 2 * p[2] + 40; };
  CtVolume ct(oblique(17));
  for (std::int64_t z = 0; z < ct.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < ct.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < ct.grid.size[0]; ++x)
        ct.at(x, y, z) =
            std::int16_t(std::lround(value(ct.grid.to_world({double(x), double(y), double(z)}))));
  const CtVolume out = resample_oblique(ct, upright_grid(ct.grid), -9999);
  std::int64_t inside = 0;
  for (std::int64_t z = 0; z < out.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < out.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < out.grid.size[0]; ++x) {
        const Vec3 p = out.grid.to_world({double(x), double(y), double(z)}), i = ct.grid.to_index(p);
        bool in = true;
        for (int k = 0; k < 3; ++k) in = in && i[k] >= 0 && i[k] <= double(ct.grid.size[k] - 1);
        if (!in) {
          ASSERT_EQ(out.at(x, y, z), -9999);
          continue;
        }
        ++inside;
        ASSERT_NEAR(out.at(x, y, z), value(p), 1.01);  // both are rounded to whole HU
      }
  EXPECT_GT(inside, 20000);
}

TEST(Upright, LabelsSurviveTheWayThereAndBack) {
  const Grid g = oblique(25);
  const Vec3 ball = g.to_world({12, 17, 14}), other = g.to_world({27, 18, 15});
  LabelVolume truth(g);
  for (std::int64_t z = 0; z < g.size[2]; ++z)
    for (std::int64_t y = 0; y < g.size[1]; ++y)
      for (std::int64_t x = 0; x < g.size[0]; ++x) {
        const Vec3 p = g.to_world({double(x), double(y), double(z)});
        truth.at(x, y, z) = test::distance(p, ball) < 20 ? 7 : test::distance(p, other) < 14 ? 2 : 0;
      }
  const LabelVolume back = resample_oblique(resample_oblique(truth, upright_grid(g)), g);
  for (const int id : {2, 7}) {
    double both = 0, sum = 0;
    for (std::size_t i = 0; i < truth.voxels.size(); ++i) {
      both += truth.voxels[i] == id && back.voxels[i] == id;
      sum += (truth.voxels[i] == id) + (back.voxels[i] == id);
    }
    EXPECT_GT(2 * both / sum, 0.95) << id;
  }
  EXPECT_EQ(resample_oblique(truth, g).voxels, truth.voxels);
}

}  // namespace
}  // namespace anatomynet::core

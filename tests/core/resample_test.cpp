#include "core/resample.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/refusal.h"

namespace anatomynet::core {
namespace {

Grid oblique(const Size3& size, const Vec3& spacing) {
  return {.size = size,
          .spacing = spacing,
          .origin = {40, -90, 12.5},
          .direction = test::rotation(0.2, -0.4, 0.1, true)};
}

double extent(const Grid& g, int k) { return double(g.size[k]) * g.spacing[k]; }

TEST(WithSpacing, KeepsCentreAndBox) {
  for (const Size3& size : {Size3{30, 41, 17}, Size3{1, 2, 100}, Size3{7, 7, 7}}) {
    for (const Vec3& spacing : {Vec3{1, 1, 1}, Vec3{0.3, 2.9, 4.4}, Vec3{3.3, 0.76, 1.25}}) {
      const Grid from = oblique(size, {1.1, 0.9, 2.5});
      const Grid to = with_spacing(from, spacing);
      EXPECT_EQ(to.spacing, spacing);
      EXPECT_EQ(to.direction, from.direction);
      EXPECT_LT(test::distance(test::box_centre(to), test::box_centre(from)), 1e-9);
      for (int k = 0; k < 3; ++k) {
        EXPECT_GE(to.size[k], 1);
        EXPECT_TRUE(to.size[k] == 1 || std::abs(extent(to, k) - extent(from, k)) <= spacing[k] / 2 + 1e-9);
      }
    }
  }
}

TEST(WithSpacing, OwnSpacingIsTheSameGrid) {
  const Grid grid = oblique({30, 41, 17}, {1.1, 0.9, 2.5});
  EXPECT_TRUE(same_grid(with_spacing(grid, grid.spacing), grid, 1e-9));
}

TEST(ResampleLinear, IsExactOnALinearRamp) {
  const Grid from = oblique({24, 26, 28}, {2, 2, 2});
  CtVolume ct(from);
  const Vec3 slope{12, -7, 3};
  for (std::int64_t z = 0; z < 28; ++z)
    for (std::int64_t y = 0; y < 26; ++y)
      for (std::int64_t x = 0; x < 24; ++x)
        ct.at(x, y, z) =
            static_cast<std::int16_t>(slope[0] * double(x) + slope[1] * double(y) + slope[2] * double(z));
  for (const Vec3& spacing : {Vec3{2, 2, 2}, Vec3{0.7, 1.3, 1.9}, Vec3{3.7, 5.1, 2.3}, Vec3{0.5, 6, 2}}) {
    const Grid to = with_spacing(from, spacing);
    const Volume<float> out = resample_linear(ct, to);
    // At a ratio that is no integer the sampled triangle is only nearly linear: 0.06 voxels is a tenth of a
    // millimetre.
    double allowed = 1e-3;
    for (int k = 0; k < 3; ++k)
      if (spacing[k] > 2 && std::fmod(spacing[k], 2) != 0) allowed += 0.06 * std::abs(slope[k]);
    std::int64_t checked = 0;
    for (std::int64_t z = 0; z < to.size[2]; ++z)
      for (std::int64_t y = 0; y < to.size[1]; ++y)
        for (std::int64_t x = 0; x < to.size[0]; ++x) {
          const Vec3 at = from.to_index(to.to_world({double(x), double(y), double(z)}));
          bool inside = true;  // the filter's support within the volume
          for (int k = 0; k < 3; ++k) {
            const double margin = std::max(1.0, spacing[k] / 2);
            inside = inside && at[k] >= margin && at[k] <= double(from.size[k] - 1) - margin;
          }
          if (!inside) continue;
          ++checked;
          ASSERT_NEAR(out.at(x, y, z), slope[0] * at[0] + slope[1] * at[1] + slope[2] * at[2], allowed);
        }
    EXPECT_GT(checked, to.voxel_count() / 8);
  }
}

TEST(ResampleLinear, KeepsConstants) {
  const CtVolume ct(oblique({12, 9, 31}, {0.8, 1.2, 3}), 1234);
  for (const Vec3& spacing : {Vec3{0.33, 0.5, 0.7}, Vec3{2.9, 3.3, 4.1}, Vec3{20, 20, 200}})
    for (const float v : resample_linear(ct, with_spacing(ct.grid, spacing)).voxels)
      ASSERT_NEAR(v, 1234, 1e-3);
}

TEST(ResampleLinear, OwnGridIsTheIdentity) {
  CtVolume ct(oblique({12, 9, 31}, {0.8, 1.2, 3}));
  std::mt19937 random(3);
  for (auto& v : ct.voxels) v = static_cast<std::int16_t>(random() % 4096 - 1024);
  const Volume<float> out = resample_linear(ct, ct.grid);
  for (std::size_t i = 0; i < ct.voxels.size(); ++i) ASSERT_NEAR(out.voxels[i], ct.voxels[i], 1e-3) << i;
}

// Plain interpolation at three times the spacing would alias the finest pattern to full contrast.
TEST(ResampleLinear, AntialiasesWhereItShrinks) {
  CtVolume ct(Grid{.size = {60, 8, 8}});
  for (std::size_t i = 0; i < ct.voxels.size(); ++i) ct.voxels[i] = i % 2 ? 1000 : -1000;
  const Grid to = with_spacing(ct.grid, {3, 1, 1});
  const Volume<float> out = resample_linear(ct, to);
  for (std::int64_t x = 1; x + 1 < to.size[0]; ++x) EXPECT_LT(std::abs(out.at(x, 4, 4)), 150);
}

TEST(Resample, RefusesOtherAxes) {
  const CtVolume ct(Grid{.size = {8, 8, 8}});
  const LabelVolume labels(ct.grid);
  const Grid turned = oblique({8, 8, 8}, {1, 1, 1});
  test::expect_refused(ErrorKind::internal, {"axes"}, [&] { resample_linear(ct, turned); });
  test::expect_refused(ErrorKind::internal, {"axes"}, [&] { resample_labels(labels, turned); });
  test::expect_refused(ErrorKind::internal, {"axes"}, [&] { resample_nearest(labels, turned); });
}

// A ball of `radius` mm about the box centre, shifted; label 7, beside a background of 0.
LabelVolume ball(const Grid& grid, double radius) {
  LabelVolume out(grid);
  const Vec3 c = test::box_centre(grid), centre{c[0] + 0.4, c[1] - 1.3, c[2] + 2.1};
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x)
        if (test::distance(grid.to_world({double(x), double(y), double(z)}), centre) <= radius)
          out.at(x, y, z) = 7;
  return out;
}

struct Moments {
  double ml = 0;
  Vec3 centroid{};
};

Moments moments(const LabelVolume& v) {
  Moments m;
  std::int64_t n = 0;
  for (std::int64_t z = 0; z < v.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < v.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < v.grid.size[0]; ++x) {
        if (v.at(x, y, z) != 7) continue;
        const Vec3 p = v.grid.to_world({double(x), double(y), double(z)});
        for (int k = 0; k < 3; ++k) m.centroid[k] += p[k];
        ++n;
      }
  for (double& c : m.centroid) c /= double(std::max<std::int64_t>(1, n));
  m.ml = double(n) * v.grid.voxel_ml();
  return m;
}

TEST(ResampleLabels, KeepsVolumeAndPlaceUpAndDown) {
  const LabelVolume fine = ball(oblique({44, 40, 48}, {1, 1, 1}), 15);
  const Moments before = moments(fine);
  for (const Vec3& spacing :
       {Vec3{0.6, 0.7, 0.8}, Vec3{1.7, 2.1, 1.3}, Vec3{2.5, 2.5, 3.1}, Vec3{0.5, 2.9, 1}}) {
    const Grid to = with_spacing(fine.grid, spacing);
    const Moments after = moments(resample_labels(fine, to));
    // What the lattice itself does to a ball of this size; half a voxel of shift would be five times that.
    EXPECT_NEAR(after.ml / before.ml, 1, 0.02) << spacing[0];
    EXPECT_LT(test::distance(after.centroid, before.centroid),
              0.1 * *std::max_element(spacing.begin(), spacing.end()));
    EXPECT_NEAR(moments(resample_nearest(fine, to)).ml / before.ml, 1, 0.03) << spacing[0];
  }
}

TEST(ResampleLabels, OwnGridIsTheIdentity) {
  LabelVolume labels(oblique({13, 9, 21}, {0.8, 1.2, 3}));
  std::mt19937 random(5);
  for (auto& v : labels.voxels) v = static_cast<std::uint8_t>(random() % 4 * 85);  // 0, 85, 170, 255
  EXPECT_EQ(resample_labels(labels, labels.grid).voxels, labels.voxels);
  EXPECT_EQ(resample_nearest(labels, labels.grid).voxels, labels.voxels);
  // Through turned axes and spacing as data sets bring it: rounding noise of the geometry must not matter.
  EXPECT_EQ(resample_labels(labels, with_spacing(labels.grid, labels.grid.spacing)).voxels, labels.voxels);
}

TEST(ResampleNearest, IsBackgroundOutside) {
  const LabelVolume labels(Grid{.size = {4, 4, 4}}, 3);
  const Grid wider{.size = {10, 4, 4}, .origin = {-3, 0, 0}};
  const LabelVolume out = resample_nearest(labels, wider);
  for (std::int64_t x = 0; x < 10; ++x) EXPECT_EQ(out.at(x, 2, 2), x >= 3 && x < 7 ? 3 : 0) << x;
}

}  // namespace
}  // namespace anatomynet::core

#include "quality/image_figures.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/resample.h"
#include "quality/handedness.h"

namespace anatomynet::quality {
namespace {

// Soft tissue of white noise, with a block of bone.
CtVolume noisy(double sd, std::uint64_t seed = 1) {
  CtVolume ct;
  ct.grid.size = {64, 64, 24};
  ct.grid.spacing = {1, 1, 2};
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(45, sd);
  for (std::int64_t i = 0; i < ct.grid.voxel_count(); ++i)
    ct.voxels.push_back(i % 64 < 6 ? 700 : static_cast<std::int16_t>(std::lround(noise(random))));
  return ct;
}

// Means of three neighbours along x and y.
CtVolume smoothed(const CtVolume& in) {
  CtVolume out = in;
  for (std::int64_t z = 0; z < in.grid.size[2]; ++z)
    for (std::int64_t y = 1; y + 1 < in.grid.size[1]; ++y)
      for (std::int64_t x = 7; x + 1 < in.grid.size[0]; ++x) {
        double sum = 0;
        for (const int dy : {-1, 0, 1})
          for (const int dx : {-1, 0, 1}) sum += in.at(std::max<std::int64_t>(x + dx, 6), y + dy, z);
        out.at(x, y, z) = static_cast<std::int16_t>(std::lround(sum / 9));
      }
  return out;
}

TEST(ImageFigures, WhiteNoiseIsMeasuredAsItIs) {
  for (const double sd : {6.0, 12.0}) {
    const ImageFigures f = image_figures(noisy(sd), 45);
    EXPECT_NEAR(f.noise_hu, sd, 0.05 * sd);
    EXPECT_NEAR(f.texture, 1, 0.03);
    EXPECT_NEAR(f.across_slices, 1, 0.03);
    EXPECT_NEAR(f.bone_hu, 700, 1);
  }
}

TEST(ImageFigures, ASmootherKernelShows) {
  const ImageFigures sharp = image_figures(noisy(12), 45), smooth = image_figures(smoothed(noisy(12)), 45);
  EXPECT_LT(smooth.noise_hu, 0.4 * sharp.noise_hu);
  EXPECT_LT(smooth.texture, 0.85 * sharp.texture);
  EXPECT_GT(smooth.across_slices, 1.2 * sharp.across_slices)
      << "slices are as noisy among each other as before";
}

TEST(ImageFigures, DoNotDependOnTheAxesOrder) {
  const CtVolume ct = smoothed(noisy(12));
  Grid turned;
  turned.direction = {{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
  const Orientation o = nearest_orientation(turned);
  for (int k = 0; k < 3; ++k) {
    turned.size[o.axis[k]] = ct.grid.size[k];
    turned.spacing[o.axis[k]] = ct.grid.spacing[k];
  }
  const ImageFigures a = image_figures(ct, 45), b = image_figures(reorient_back(ct, turned, o), 45);
  EXPECT_NEAR(a.noise_hu, b.noise_hu, 1e-9);
  EXPECT_NEAR(a.across_slices, b.across_slices, 1e-9);
}

TEST(ImageFigures, AnEmptyCtHasNone) {
  const CtVolume air(noisy(1).grid, -1000);
  EXPECT_TRUE(std::isnan(image_figures(air, 45).noise_hu));
  EXPECT_TRUE(std::isnan(image_figures(air, 45).bone_hu));
}

TEST(Handedness, AMirroredBodyHasTheOppositeSign) {
  CtVolume ct;
  ct.grid.size = {60, 60, 90};
  ct.grid.spacing = {4, 4, 4};
  ct.grid.origin = {-118, -118, -220};
  ct.voxels.resize(static_cast<std::size_t>(ct.grid.voxel_count()));
  for (std::int64_t z = 0; z < 90; ++z)
    for (std::int64_t y = 0; y < 60; ++y)
      for (std::int64_t x = 0; x < 60; ++x) {
        const Vec3 at = ct.grid.to_world({double(x), double(y), double(z)});
        const bool body = std::hypot(at[0] / 75, at[1] / 95) < 1;
        const bool vessel = std::hypot(at[0] - 25, at[1] - 10) < 14 && at[2] < 0;  // on the left alone
        ct.at(x, y, z) = vessel ? 250 : body ? 40 : -1000;
      }
  CtVolume mirrored = ct;
  for (std::int64_t z = 0; z < 90; ++z)
    for (std::int64_t y = 0; y < 60; ++y)
      for (std::int64_t x = 0; x < 60; ++x) mirrored.at(x, y, z) = ct.at(59 - x, y, z);
  const double as_is = handedness(ct, {1, 0, 0}), turned = handedness(mirrored, {-1, 0, 0});
  EXPECT_GT(std::abs(as_is), 1);
  EXPECT_NEAR(as_is, -turned, 0.1 * std::abs(as_is));
  EXPECT_NEAR(handedness(ct, {3, 0, 0}), as_is, 0.2 * std::abs(as_is)) << "the plane is found, not given";
}

TEST(Handedness, NeedsABodyAround) {
  CtVolume ct;
  ct.grid.size = {20, 20, 10};
  ct.grid.spacing = {4, 4, 4};
  ct.voxels.assign(4000, 40);
  EXPECT_TRUE(std::isnan(handedness(ct, {40, 40, 20})));
}

}  // namespace
}  // namespace anatomynet::quality

#include "core/uneven_slices.h"

#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "common/refusal.h"
#include "core/argmax.h"
#include "core/resample.h"
#include "core/upright.h"

namespace anatomynet::core {
namespace {

Grid slice_grid() {
  return {.size = {7, 5, 1},
          .spacing = {0.9, 1.1, 1},
          .origin = {40, -90, 12.5},
          .direction = test::rotation(0.2, -0.4, 0.1)};
}

std::vector<double> heights(const std::vector<double>& gaps) {
  std::vector<double> mm{0};
  for (const double gap : gaps) mm.push_back(mm.back() + gap);
  return mm;
}

TEST(UnevenSlices, ShowsEachSliceAndLosesNoLabel) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> gap(1, 8);
  std::vector<std::vector<double>> stacks{
      {3, 3, 3, 5, 5}, {1, 1.5, 1, 1.5, 1}, {4, 4, 7, 7, 4}, {2.4, 2.6, 2.5}, {2, 4}};
  for (int i = 0; i < 200; ++i) {
    std::vector<double>& gaps = stacks.emplace_back();
    for (int n = 2 + i % 30; n > 0; --n)
      gaps.push_back(i % 2 ? gap(random) : std::round(gap(random) * 2) / 2);
  }
  for (const std::vector<double>& gaps : stacks) {
    const UnevenSlices slices(slice_grid(), heights(gaps));
    LabelVolume labels(slices.on_slices());
    for (std::uint8_t& label : labels.voxels) label = static_cast<std::uint8_t>(random());
    const LabelVolume even = slices.to_even(labels);
    EXPECT_EQ(even.grid.size, slices.even().size);
    EXPECT_EQ(slices.to_slices(even).voxels, labels.voxels);
    const double step = slices.even().spacing[2], last = slices.positions().mm.back();
    double sum = 0;
    for (std::int64_t z = 0; z < slices.even().size[2]; ++z) {
      sum += slices.thickness(z);
      const std::int64_t shown = slices.slice_of(z);
      const double off = std::abs(slices.positions().mm[shown] - double(z) * step);
      if (slices.shown_at(shown) == z) {
        ASSERT_LE(off, 0.5 * step * (1 + 1e-5));
        continue;
      }
      for (const double other : slices.positions().mm)
        ASSERT_LE(off, std::abs(other - double(z) * step) + 1e-5 * step);
    }
    EXPECT_NEAR(sum, last + gaps.front() / 2 + gaps.back() / 2, 1e-9);  // the slabs reach as far out as in
  }
}

TEST(UnevenSlices, CountsSlabs) {
  const UnevenSlices slices(slice_grid(), heights({3, 3, 5, 5}));
  EXPECT_EQ(slices.slab(0), 3);
  EXPECT_EQ(slices.slab(1), 3);
  EXPECT_EQ(slices.slab(2), 4);
  EXPECT_EQ(slices.slab(3), 5);
  EXPECT_EQ(slices.slab(4), 5);
  EXPECT_EQ(slices.even().spacing[2], 3);
  EXPECT_EQ(slices.even().size[2], 6);
  LabelVolume labels(slices.on_slices());
  labels.at(1, 2, 2) = 6;
  labels.at(1, 2, 4) = 6;
  EXPECT_NEAR(slices.volumes_ml(slices.to_even(labels))[6], 0.9 * 1.1 * (4 + 5) / 1000, 1e-12);
  const Vec3 third = slices.origin_of(3);
  EXPECT_NEAR(slices.even().to_index(third)[2] * 3, 11, 1e-9);
}

TEST(UnevenSlices, ShowsSlicesNearWhereTheyLie) {
  const auto spacing = [](const std::vector<double>& gaps) {
    return UnevenSlices(slice_grid(), heights(gaps)).even().spacing[2];
  };
  EXPECT_NEAR(spacing({2.4, 2.6, 2.5, 2.5}), 2.5, 1e-12);  // noise: one for one
  EXPECT_NEAR(spacing({1, 1.5, 1, 1.5}), 1.25, 1e-12);
  EXPECT_NEAR(spacing({3, 3, 3, 6, 3, 3, 3, 6, 3}), 3, 1e-12);  // the mean would move slices by half of it
  EXPECT_NEAR(spacing({3, 3, 3, 5, 5, 5}), 3, 1e-12);
}

TEST(UnevenSlices, RefusesWhatNoEvenGridHolds) {
  test::expect_refused(ErrorKind::input, {"even grid"}, [] {
    UnevenSlices(slice_grid(), heights({0.1, 1000}));
  });
}

TEST(AxisPositions, InvertsItself) {
  const AxisPositions axis{2, heights({3, 3, 5, 5, 1})};
  for (double index = -1; index < 6; index += 0.13)
    EXPECT_NEAR(axis.index_of(axis.mm_of(index)), index, 1e-12);
  EXPECT_DOUBLE_EQ(axis.mm_of(2.5), 8.5);
}

// Even slices told as uneven ones are the same slices.
TEST(UnevenResampling, AgreesWithTheEvenOne) {
  std::mt19937 random(3);
  Grid grid = slice_grid();
  grid.size = {12, 11, 20};
  grid.spacing = {2, 2, 2.5};
  CtVolume ct(grid);
  for (std::int16_t& hu : ct.voxels) hu = static_cast<std::int16_t>(random() % 2000);
  AxisPositions positions{2, std::vector<double>(20)};
  for (std::size_t z = 0; z < 20; ++z) positions.mm[z] = 2.5 * double(z);
  for (const double z_mm : {1.0, 2.5, 4.0, 7.5}) {
    const Grid target = with_spacing(grid, {2.2, 1.7, z_mm});
    const Volume<float> even = resample_linear(ct, target), uneven = resample_linear(ct, target, &positions);
    for (std::size_t i = 0; i < even.voxels.size(); ++i) ASSERT_NEAR(even.voxels[i], uneven.voxels[i], 2e-2);
    const auto a = linear_taps(target, grid, 2), b = linear_taps(target, grid, 2, &positions);
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].low, b[i].low);
      EXPECT_FLOAT_EQ(a[i].weight, b[i].weight);
    }
  }
  const Grid upright = upright_grid(grid);
  EXPECT_EQ(resample_oblique(ct, upright, -1000).voxels,
            resample_oblique(ct, upright, -1000, &positions).voxels);
}

TEST(UnevenResampling, IsExactOnALinearRampOfAnySpacing) {
  const UnevenSlices slices(slice_grid(), heights({3, 3, 3, 5, 5, 1, 1, 7, 4}));
  CtVolume ct(slices.on_slices());
  for (std::int64_t z = 0; z < slices.count(); ++z)
    for (std::int64_t v = 0; v < 35; ++v)
      ct.voxels[z * 35 + v] = static_cast<std::int16_t>(10 * slices.positions().mm[z]);
  const CtVolume even = slices.interpolated(ct);
  for (std::int64_t z = 0; z < even.grid.size[2]; ++z)
    EXPECT_NEAR(even.at(3, 2, z),
                10 * std::min(double(z) * even.grid.spacing[2], slices.positions().mm.back()), 0.51);
  const Grid target = with_spacing(slices.even(), {0.9, 1.1, 0.8});
  const Volume<float> fine = resample_linear(ct, target, &slices.positions());
  for (std::int64_t z = 0; z < target.size[2]; ++z) {
    const double mm =
        slices.even().to_index(target.to_world({0, 0, double(z)}))[2] * slices.even().spacing[2];
    if (mm < 0 || mm > slices.positions().mm.back()) continue;
    EXPECT_NEAR(fine.at(2, 2, z), 10 * mm, 4.1);  // where 1 mm slices are averaged; else 0.01
  }
}

}  // namespace
}  // namespace anatomynet::core

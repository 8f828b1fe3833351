#include "evaluation/metrics.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "core/error.h"
#include "geometry/distance_transform.h"

namespace anatomynet::evaluation {
namespace {

LabelVolume box(const Grid& grid, Size3 low, Size3 high) {
  LabelVolume labels(grid);
  for (std::int64_t z = low[2]; z < high[2]; ++z)
    for (std::int64_t y = low[1]; y < high[1]; ++y)
      for (std::int64_t x = low[0]; x < high[0]; ++x) labels.at(x, y, z) = 1;
  return labels;
}

Grid grid_of(Size3 size, Vec3 spacing) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return grid;
}

TEST(Metrics, OfTwoBoxesByHand) {
  const Grid grid = grid_of({20, 20, 10}, {1, 2, 3});
  const BoxedMask a = boxed(box(grid, {2, 2, 2}, {6, 6, 6}), 1);  // 4 x 4 x 4
  const BoxedMask b = boxed(box(grid, {4, 2, 2}, {8, 6, 8}), 1);  // 4 x 4 x 6
  const OrganMetrics m = measure(a, b, {});
  EXPECT_EQ(m.presence, Presence::both);
  EXPECT_EQ(m.overlap_voxels, 2 * 4 * 4);
  EXPECT_DOUBLE_EQ(*m.dice, 2.0 * 32 / (64 + 96));
  EXPECT_DOUBLE_EQ(*m.jaccard, 32.0 / (64 + 96 - 32));
  EXPECT_DOUBLE_EQ(*m.precision, 0.5);
  EXPECT_DOUBLE_EQ(*m.recall, 32.0 / 96);
  EXPECT_DOUBLE_EQ(m.predicted_ml, 64 * 6 / 1000.0);
  EXPECT_DOUBLE_EQ(*m.volume_ml, -32 * 6 / 1000.0);
  EXPECT_NEAR(*m.volume_percent, -100.0 / 3, 1e-12);
  EXPECT_NEAR(*m.centroid_mm, std::hypot(2, 3), 1e-12);
  EXPECT_NEAR((*m.centroid_offset_lps_mm)[0], -2, 1e-12);
  EXPECT_NEAR((*m.centroid_offset_lps_mm)[2], -3, 1e-12);
  // Each slice of the truth has an outline of 12 voxels. On 4 slices the prediction's outline shares what
  // lies on x = 4 and 5 of the edges y = 2 and 5: 4 voxels, and on x = 5 (its edge) none more of the truth's.
  // On 2 there is none.
  EXPECT_EQ(*m.added_path_voxels, 4 * (12 - 4) + 2 * 12);
  EXPECT_NEAR(*m.added_path_mm, double(*m.added_path_voxels) * std::sqrt(2.0), 1e-12);
}

TEST(Metrics, EmptyStructuresHaveOneMeaningEach) {
  const Grid grid = grid_of({6, 6, 6}, {1, 1, 3});
  const BoxedMask none = boxed(LabelVolume(grid), 1), some = boxed(box(grid, {1, 1, 1}, {3, 4, 5}), 1);
  const OrganMetrics missed = measure(none, some, {}), invented = measure(some, none, {}),
                     neither = measure(none, none, {});
  EXPECT_EQ(missed.presence, Presence::prediction_empty);
  EXPECT_EQ(missed.dice, 0.0);
  EXPECT_EQ(missed.recall, 0.0);
  EXPECT_EQ(missed.surface_dice, 0.0);
  EXPECT_EQ(missed.volume_percent, -100.0);
  EXPECT_FALSE(missed.precision || missed.hd95_mm || missed.hd_mm || missed.mean_surface_mm ||
               missed.centroid_mm);
  EXPECT_GT(missed.added_path_voxels, 0);
  EXPECT_EQ(invented.presence, Presence::truth_empty);
  EXPECT_EQ(invented.dice, 0.0);
  EXPECT_EQ(invented.precision, 0.0);
  EXPECT_FALSE(invented.recall || invented.hd95_mm || invented.volume_percent || invented.added_path_mm);
  EXPECT_EQ(neither.presence, Presence::both_empty);
  for (const Metric& metric : metrics()) EXPECT_FALSE(metric.of(neither)) << metric.key;
}

TEST(Metrics, RefuseAnotherGridAndShowBoth) {
  const BoxedMask a = boxed(box(grid_of({6, 6, 6}, {1, 1, 3}), {1, 1, 1}, {3, 4, 5}), 1);
  const BoxedMask b = boxed(box(grid_of({6, 6, 6}, {1, 1, 2.5}), {1, 1, 1}, {3, 4, 5}), 1);
  try {
    measure(a, b, {});
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("1 x 1 x 3 mm"), std::string::npos) << text;
    EXPECT_NE(text.find("1 x 1 x 2.5 mm"), std::string::npos) << text;
  }
}

// However the volume is turned, flipped or moved, the figures are those of the shapes.
TEST(Metrics, DoNotDependOnTheOrderOfTheAxes) {
  const Grid grid = grid_of({14, 12, 10}, {0.8, 1.1, 3});
  std::mt19937 random(3);
  LabelVolume a(grid), b(grid);
  for (auto& v : a.voxels) v = random() % 3 == 0;
  for (auto& v : b.voxels) v = random() % 3 == 0;
  const OrganMetrics straight = measure(boxed(a, 1), boxed(b, 1), {.tolerance_mm = 1.2});
  for (const Mat3& direction : test::axis_directions()) {
    // The same points in space, stored along other axes.
    std::array<int, 3> axis{};
    std::array<double, 3> sign{};
    for (int k = 0; k < 3; ++k)
      for (int r = 0; r < 3; ++r)
        if (direction[r][k] != 0) axis[k] = r, sign[k] = direction[r][k];
    Grid turned;
    turned.direction = direction;
    for (int k = 0; k < 3; ++k) {
      turned.size[k] = grid.size[axis[k]];
      turned.spacing[k] = grid.spacing[axis[k]];
      if (sign[k] < 0) turned.origin[axis[k]] = double(turned.size[k] - 1) * turned.spacing[k];
    }
    LabelVolume ta(turned), tb(turned);
    for (std::int64_t z = 0; z < turned.size[2]; ++z)
      for (std::int64_t y = 0; y < turned.size[1]; ++y)
        for (std::int64_t x = 0; x < turned.size[0]; ++x) {
          const Vec3 at = grid.to_index(turned.to_world({double(x), double(y), double(z)}));
          const auto from = grid.offset(std::lround(at[0]), std::lround(at[1]), std::lround(at[2]));
          ta.at(x, y, z) = a.voxels[from];
          tb.at(x, y, z) = b.voxels[from];
        }
    const OrganMetrics m = measure(boxed(ta, 1), boxed(tb, 1), {.tolerance_mm = 1.2});
    for (const Metric& metric : metrics())
      EXPECT_NEAR(metric.of(m).value(), metric.of(straight).value(), 1e-9) << metric.key;
  }
}

TEST(DistanceTransform, IsExactAtAnySpacing) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    const Size3 n{1 + round % 7, 1 + round % 5 * 3, 9 - round % 4};
    const Vec3 s{0.3 + 0.4 * (round % 5), 1.7, 3.0 / (1 + round % 3)};
    std::vector<std::uint8_t> set(static_cast<std::size_t>(n[0] * n[1] * n[2]));
    for (auto& v : set) v = random() % 20 == 0;
    const auto squared = geometry::squared_distances(set, n, s);
    std::vector<std::uint8_t> wanted(set.size());
    for (auto& v : wanted) v = random() % 3 == 0;
    const auto some = geometry::squared_distances_at(wanted, set, n, s);
    std::size_t next = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (!wanted[i]) continue;
      if (std::isinf(squared[i])) {
        EXPECT_TRUE(std::isinf(some[next]));
      } else {
        EXPECT_NEAR(some[next], squared[i], 1e-9);
      }
      ++next;
    }
    EXPECT_EQ(next, some.size());
    for (std::int64_t i = 0; i < std::int64_t(set.size()); ++i) {
      double least = INFINITY;
      for (std::int64_t j = 0; j < std::int64_t(set.size()); ++j) {
        if (!set[j]) continue;
        const double dx = double(i % n[0] - j % n[0]) * s[0];
        const double dy = double(i / n[0] % n[1] - j / n[0] % n[1]) * s[1];
        const double dz = double(i / (n[0] * n[1]) - j / (n[0] * n[1])) * s[2];
        least = std::min(least, dx * dx + dy * dy + dz * dz);
      }
      if (std::isinf(least)) {
        EXPECT_TRUE(std::isinf(squared[i]));
      } else {
        EXPECT_NEAR(squared[i], least, 1e-9);
      }
    }
  }
}

TEST(DistanceTransform, OfPointsFarFromTheSetIsTheSame) {
  const Size3 n{40, 60, 50};
  const Vec3 s{0.9, 1.1, 2.7};
  std::vector<std::uint8_t> set(static_cast<std::size_t>(n[0] * n[1] * n[2])), wanted(set.size(), 1);
  set[0] = set[17] = set[set.size() - 5] = 1;
  const auto all = geometry::squared_distances(set, n, s),
             some = geometry::squared_distances_at(wanted, set, n, s);
  ASSERT_EQ(all.size(), some.size());
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_NEAR(all[i], some[i], 1e-9 * (1 + all[i])) << i;
}

TEST(BoxedMask, HoldsWhatTheLabelsHold) {
  std::mt19937 random(5);
  LabelVolume labels(grid_of({13, 9, 7}, {1, 1, 1}));
  for (auto& v : labels.voxels) v = random() % 9 == 0 ? random() % 4 : 0;
  LabelVolume again(labels.grid);
  const auto all = boxed_structures(labels);
  for (const auto& [value, mask] : all) {
    paint(mask, value, again);
    const BoxedMask one = boxed(labels, value);
    EXPECT_EQ(one.voxels, mask.voxels);
    EXPECT_EQ(one.low, mask.low);
    EXPECT_EQ(one.count, std::count(labels.voxels.begin(), labels.voxels.end(), value));
  }
  EXPECT_EQ(again.voxels, labels.voxels);
  EXPECT_TRUE(boxed(labels, 77).empty());
}

TEST(BoxedMask, WithinTheSlicesOfAnother) {
  LabelVolume labels(grid_of({5, 5, 9}, {1, 1, 3}));
  for (std::int64_t z = 1; z < 8; ++z) labels.at(2, 2, z) = 1;  // a cord
  labels.at(3, 2, 2) = 1;
  for (std::int64_t z = 3; z < 6; ++z) labels.at(2, 3, z) = 2;  // its truth ends earlier, both ways
  labels.at(0, 0, 8) = 3;
  const BoxedMask cord = boxed(labels, 1), truth = boxed(labels, 2);
  LabelVolume cut(labels.grid), expected(labels.grid);
  for (std::int64_t z = 3; z < 6; ++z) expected.at(2, 2, z) = 1;
  const BoxedMask within = within_slices_of(cord, truth);
  paint(within, 1, cut);
  EXPECT_EQ(cut.voxels, expected.voxels);
  EXPECT_EQ(within.count, 3);
  EXPECT_TRUE(within_slices_of(cord, boxed(labels, 3)).empty());  // no slice in common
  EXPECT_TRUE(within_slices_of(cord, boxed(labels, 77)).empty());
  EXPECT_EQ(within_slices_of(truth, cord).voxels, truth.voxels);
}

TEST(Tolerances, DefaultsAreSettable) {
  EXPECT_EQ(tolerance_of({}, "Bone_Mandible"), 1.01);
  EXPECT_EQ(tolerance_of({}, "Parotid_R"), 2.85);
  EXPECT_EQ(tolerance_of({{"Parotid_R", 1.5}}, "Parotid_R"), 1.5);
}

}  // namespace
}  // namespace anatomynet::evaluation

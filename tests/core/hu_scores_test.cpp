#include "core/hu_scores.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "core/argmax.h"
#include "core/resample.h"

namespace anatomynet::core {
namespace {

const std::vector<std::uint8_t> ids{0, 9, 4};

CtVolume random_ct(const Grid& grid) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> hu(-300, 500);
  CtVolume ct(grid);
  for (std::int16_t& v : ct.voxels) v = static_cast<std::int16_t>(hu(random));
  return ct;
}

// Of all voxels whose centres lie within the box around `at`: 4 mm a side, its own axes.
double mean_around(const CtVolume& ct, const Vec3& at) {
  const Vec3 middle = ct.grid.to_index(at);
  double sum = 0, count = 0;
  for (std::int64_t z = 0; z < ct.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < ct.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < ct.grid.size[0]; ++x) {
        const Vec3 index{double(x), double(y), double(z)};
        bool inside = true;
        for (int k = 0; k < 3; ++k) {
          const double off = std::abs(index[k] - middle[k]) * ct.grid.spacing[k];
          inside = inside && off + ct.grid.spacing[k] / 2 <= 2 + 1e-6;
        }
        const bool own = test::distance(index, middle) < 0.5;
        if (!inside && !own) continue;
        sum += ct.at(x, y, z);
        ++count;
      }
  return sum / count;
}

TEST(HuCurve, IsLinearBetweenKnotsAndConstantBeyond) {
  const HuCurve curve{{-100, 0, 300}, {-2, 1, 4}};
  EXPECT_EQ(curve.at(-1000), -2);
  EXPECT_EQ(curve.at(-100), -2);
  EXPECT_DOUBLE_EQ(curve.at(-50), -0.5);
  EXPECT_DOUBLE_EQ(curve.at(0), 1);
  EXPECT_DOUBLE_EQ(curve.at(200), 3);
  EXPECT_EQ(curve.at(3000), 4);
  EXPECT_EQ(HuCurve{}.at(40), 0);
  EXPECT_EQ((HuCurve{{40}, {1.5}}.at(-7)), 1.5);
}

TEST(HuScores, TakesTheMeanOf4MmWhateverTheAxes) {
  for (const Vec3& spacing : {Vec3{1, 1.3, 3}, Vec3{3.9, 4.1, 2.5}, Vec3{0.8, 2.2, 0.7}})
    for (const Mat3& direction : test::axis_directions()) {
      const CtVolume ct = random_ct({{5, 6, 7}, spacing, {3, -8, 20}, direction});
      const Orientation turn = nearest_orientation(ct.grid);
      const Grid turned = reoriented(ct.grid, turn);
      const HuScores hu(ct, turn, {});
      for (const Size3& at : {Size3{0, 0, 0}, Size3{2, 3, 1}, Size3{4, 4, 4}, Size3{1, 0, 4}}) {
        const Vec3 world = turned.to_world({double(at[0]), double(at[1]), double(at[2])});
        ASSERT_NEAR(hu.local_hu(at), mean_around(ct, world), 1e-9);
      }
    }
}

// Voxels of a tenth of a millimetre: samples on either side of the voxel, as many there as here.
TEST(HuScores, TakesAFewSamplesOfFineVoxels) {
  CtVolume ct({{61, 45, 41}, {0.1, 0.3, 0.05}, {}, Grid{}.direction});
  for (std::int64_t z = 0; z < 41; ++z)
    for (std::int64_t y = 0; y < 45; ++y)
      for (std::int64_t x = 0; x < 61; ++x) ct.at(x, y, z) = static_cast<std::int16_t>(3 * x - 5 * y + 2 * z);
  const HuScores hu(ct, {}, {});
  EXPECT_DOUBLE_EQ(hu.local_hu({30, 22, 20}), 3 * 30 - 5 * 22 + 2 * 20);
  // At a corner one side is left: 0 and 10; 0, 3 and 6; 0 and 20 voxels off.
  EXPECT_DOUBLE_EQ(hu.local_hu({0, 0, 0}), 3 * 5 - 5 * 3 + 2 * 10);
}

// Scores and curves added in full, voxel by voxel: no range of columns, no table.
void expect_like_brute_force(float lead, const std::vector<HuCurve>& curves) {
  const Grid coarse{{9, 7, 11}, {2.1, 3, 1.9}, {5, 6, -7}, Grid{}.direction};
  const CtVolume ct = random_ct(with_spacing(coarse, {1.1, 0.9, 1.4}));
  std::mt19937 random(11);
  std::normal_distribution<float> value;
  std::vector<float> scores(ids.size() * static_cast<std::size_t>(coarse.voxel_count()));
  for (float& s : scores) s = value(random);
  for (std::int64_t i = 0; i < coarse.voxel_count(); ++i) scores[i] += lead;
  const HuScores hu(ct, {}, curves);
  StreamedArgmax argmax(coarse, ids, ct.grid, nullptr, &hu);
  argmax.take(scores, 0, coarse.size[2]);
  const LabelVolume labels = argmax.finish();

  std::array<std::vector<LinearTap>, 3> taps;
  for (int k = 0; k < 3; ++k) taps[k] = linear_taps(coarse, ct.grid, k);
  std::int64_t close = 0, other_than_plain = 0;
  for (std::int64_t z = 0; z < ct.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < ct.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < ct.grid.size[0]; ++x) {
        std::array<double, 3> plain{}, sums{};
        for (std::size_t c = 0; c < ids.size(); ++c) {
          for (int corner = 0; corner < 8; ++corner) {
            const auto of = [&](int k, std::int64_t i, double& weight) {
              const LinearTap& t = taps[k][i];
              const bool high = corner >> k & 1;
              weight *= high ? t.weight : 1 - t.weight;
              return high ? t.high : t.low;
            };
            double weight = 1;
            const std::int64_t sx = of(0, x, weight), sy = of(1, y, weight), sz = of(2, z, weight);
            const std::int64_t at = std::int64_t(c) * coarse.voxel_count() + coarse.offset(sx, sy, sz);
            plain[c] += weight * scores[at];
          }
          const double around = mean_around(ct, ct.grid.to_world({double(x), double(y), double(z)}));
          sums[c] = plain[c] + curves[c].at(std::round(around));
        }
        const auto best = std::max_element(sums.begin(), sums.end());
        std::array<double, 3> sorted = sums;
        std::sort(sorted.begin(), sorted.end());
        if (sorted[2] - sorted[1] < 0.02) {  // a mean at half a HU may be rounded either way
          ++close;
          continue;
        }
        other_than_plain +=
            std::max_element(plain.begin(), plain.end()) - plain.begin() != best - sums.begin();
        ASSERT_EQ(labels.at(x, y, z), ids[static_cast<std::size_t>(best - sums.begin())]);
      }
  EXPECT_LE(close, ct.grid.voxel_count() / 50);
  EXPECT_GT(other_than_plain, 20);
}

TEST(HuScores, AreAddedBeforeTheHighestWins) {
  expect_like_brute_force(0, {{}, {{-50, 100}, {-2, 1}}, {{0, 40, 80}, {-1, 0.5, -3}}});
}

// Where nothing but the curve lets an organ win, far from what the network's own scores contest.
TEST(HuScores, LetAnOrganWinWhereTheBackgroundLeadsByFar) {
  expect_like_brute_force(8, {{}, {{150, 200}, {-4, 9}}, {}});
  expect_like_brute_force(8, {{{-100, 0}, {-9, 0}}, {}, {}});
}

}  // namespace
}  // namespace anatomynet::core

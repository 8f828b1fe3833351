#include "core/argmax.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <omp.h>

#include "common/grids.h"
#include "common/refusal.h"
#include "core/resample.h"

namespace anatomynet::core {
namespace {

const std::vector<std::uint8_t> ids{0, 9, 4, 255};

// `lead`: added to the first channel, so that the others contest a few voxels alone.
std::vector<float> random_scores(const Grid& grid, std::size_t channels, unsigned seed, float lead = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<float> value;
  std::vector<float> scores(channels * static_cast<std::size_t>(grid.voxel_count()));
  for (float& s : scores) s = value(random);
  for (std::int64_t i = 0; i < grid.voxel_count(); ++i) scores[i] += lead;
  return scores;
}

Grid coarse() {
  return {.size = {9, 7, 11},
          .spacing = {2.1, 3, 1.9},
          .origin = {5, 6, -7},
          .direction = test::rotation(0.5, 0.2, -0.3)};
}

// Eight corners in double, from world coordinates: shares nothing with the row-wise blending.
double interpolated(const float* scores, const Grid& g, Vec3 at) {
  std::array<std::int64_t, 3> low{};
  Vec3 part{};
  for (int k = 0; k < 3; ++k) {
    at[k] = std::clamp(at[k], 0.0, double(g.size[k] - 1));
    low[k] = std::min(static_cast<std::int64_t>(at[k]), std::max<std::int64_t>(0, g.size[k] - 2));
    part[k] = at[k] - double(low[k]);
  }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<std::int64_t, 3> c{};
    for (int k = 0; k < 3; ++k) {
      const bool high = corner >> k & 1;
      weight *= high ? part[k] : 1 - part[k];
      c[k] = std::min(low[k] + high, g.size[k] - 1);
    }
    sum += weight * double(scores[g.offset(c[0], c[1], c[2])]);
  }
  return sum;
}

void expect_like_brute_force(const Grid& sg, const Grid& target, float lead = 0) {
  const auto scores = random_scores(sg, ids.size(), 11, lead);
  const LabelVolume labels = argmax_on_grid(scores, sg, ids, target);
  std::int64_t close = 0;
  for (std::int64_t z = 0; z < target.size[2]; ++z)
    for (std::int64_t y = 0; y < target.size[1]; ++y)
      for (std::int64_t x = 0; x < target.size[0]; ++x) {
        const Vec3 at = sg.to_index(target.to_world({double(x), double(y), double(z)}));
        double best = -1e9, second = -1e9;
        std::uint8_t id = 0;
        for (std::size_t c = 0; c < ids.size(); ++c) {
          const double v =
              interpolated(scores.data() + c * static_cast<std::size_t>(sg.voxel_count()), sg, at);
          if (v > best) {
            second = best;
            best = v;
            id = ids[c];
          } else {
            second = std::max(second, v);
          }
        }
        if (best - second < 1e-5) {
          ++close;
        } else {
          ASSERT_EQ(labels.at(x, y, z), id) << x << ' ' << y << ' ' << z;
        }
      }
  EXPECT_LE(close, 1 + target.voxel_count() / 1000);
}

TEST(ArgmaxOnGrid, IsTheHighestTrilinearScore) {
  for (const Vec3& spacing : {Vec3{0.8, 0.9, 1.1}, Vec3{2.1, 3, 1.9}, Vec3{4, 5, 2.5}, Vec3{0.7, 3, 6}})
    expect_like_brute_force(coarse(), with_spacing(coarse(), spacing));
}

TEST(ArgmaxOnGrid, FindsTheFewVoxelsWhereTheFirstChannelDoesNotLead) {
  for (const float lead : {2.0f, 3.5f, 1000.0f, -1000.0f})
    for (const Vec3& spacing : {Vec3{0.8, 0.9, 1.1}, Vec3{2.1, 3, 1.9}, Vec3{4, 5, 2.5}})
      expect_like_brute_force(coarse(), with_spacing(coarse(), spacing), lead);
}

TEST(ArgmaxOnGrid, ClampsOutsideAndWorksOnOneSlice) {
  Grid target = with_spacing(coarse(), {1, 1, 1});
  target.origin = target.to_world({-9.3, -4.1, 12.2});
  expect_like_brute_force(coarse(), target);
  Grid slice = coarse();
  slice.size = {9, 1, 11};
  expect_like_brute_force(slice, with_spacing(slice, {1.5, 1, 1.5}));
}

TEST(ArgmaxOnGrid, OnItsOwnGridIsThePlainArgmax) {
  const Grid grid = coarse();
  auto scores = random_scores(grid, ids.size(), 2);
  const auto n = static_cast<std::size_t>(grid.voxel_count());
  for (std::size_t i = 0; i < n; i += 5) scores[2 * n + i] = scores[i] = 100;  // ties: the lower channel wins
  Grid noisy = with_spacing(grid, grid.spacing);  // origin through a product and back
  for (const Grid& target : {grid, noisy}) {
    const LabelVolume labels = argmax_on_grid(scores, grid, ids, target);
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t best = 0;
      for (std::size_t c = 1; c < ids.size(); ++c)
        if (scores[c * n + i] > scores[best * n + i]) best = c;
      ASSERT_EQ(labels.voxels[i], ids[best]) << i;
    }
  }
}

TEST(ArgmaxOnGrid, DoesNotDependOnTheNumberOfThreads) {
  const Grid target = with_spacing(coarse(), {0.7, 0.6, 0.5});
  const auto scores = random_scores(coarse(), ids.size(), 4);
  CtVolume ct(target);
  for (std::size_t i = 0; i < ct.voxels.size(); ++i)
    ct.voxels[i] = static_cast<std::int16_t>(i * 7919 % 4000);
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const LabelVolume labels = argmax_on_grid(scores, coarse(), ids, target);
  const Volume<float> image = resample_linear(ct, coarse());
  for (const int threads : {2, 5}) {
    omp_set_num_threads(threads);
    EXPECT_EQ(argmax_on_grid(scores, coarse(), ids, target).voxels, labels.voxels) << threads;
    EXPECT_EQ(resample_linear(ct, coarse()).voxels, image.voxels) << threads;
  }
  omp_set_num_threads(before);
}

TEST(StreamedArgmax, DoesNotDependOnTheSlabs) {
  const Grid grid = coarse();
  const auto scores = random_scores(grid, ids.size(), 7, 1.5f);
  const std::int64_t plane = grid.size[0] * grid.size[1], depth = grid.size[2];
  Grid shifted = with_spacing(grid, {1, 1, 0.4});
  shifted.origin = shifted.to_world({0, 0, -30});
  for (const Grid& target : {grid, with_spacing(grid, {2, 2, 0.7}), with_spacing(grid, {1, 3, 5}), shifted}) {
    const LabelVolume whole = argmax_on_grid(scores, grid, ids, target);
    for (const std::int64_t most : {1, 2, 5}) {
      StreamedArgmax argmax(grid, ids, target);
      for (std::int64_t z = 0; z < depth; z += most) {
        const std::int64_t n = std::min(most, depth - z);
        std::vector<float> slab;
        for (std::size_t c = 0; c < ids.size(); ++c) {
          const auto from = scores.begin() + (static_cast<std::int64_t>(c) * depth + z) * plane;
          slab.insert(slab.end(), from, from + n * plane);
        }
        argmax.take(slab, z, n);
      }
      EXPECT_EQ(argmax.finish().voxels, whole.voxels) << most;
    }
  }
}

TEST(StreamedArgmax, RefusesSlabsOutOfOrder) {
  const auto scores = random_scores(coarse(), ids.size(), 7);
  const auto refused = [&](std::int64_t z, std::int64_t slices) {
    StreamedArgmax argmax(coarse(), ids, coarse());
    const std::span<const float> slab(scores.data(), ids.size() * static_cast<std::size_t>(slices) * 63);
    test::expect_refused(ErrorKind::internal, {"size"}, [&] { argmax.take(slab, z, slices); });
  };
  refused(1, 2);
  refused(0, 0);
  StreamedArgmax argmax(coarse(), ids, coarse());
  argmax.take({scores.data(), ids.size() * 2 * 63}, 0, 2);
  test::expect_refused(ErrorKind::internal, {"ended"}, [&] { argmax.finish(); });
}

TEST(ArgmaxOnGrid, RefusesScoresOfAnotherSize) {
  const auto scores = random_scores(coarse(), 3, 1);
  test::expect_refused(ErrorKind::internal, {"size"},
                       [&] { argmax_on_grid(scores, coarse(), ids, coarse()); });
  test::expect_refused(ErrorKind::internal, {"size"}, [&] { argmax_on_grid({}, coarse(), {}, coarse()); });
}

}  // namespace
}  // namespace anatomynet::core

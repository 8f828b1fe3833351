#include <cmath>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "core/argmax.h"

namespace anatomynet::core {
namespace {

Grid grid_of(const Size3& size, double spacing) {
  Grid grid;
  grid.size = size;
  grid.spacing = {spacing, spacing, spacing};
  return grid;
}

std::vector<float> logits(const Grid& grid, int channels, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 2);
  std::vector<float> scores(static_cast<std::size_t>(channels * grid.voxel_count()));
  for (float& s : scores) s = normal(random);
  return scores;
}

void take_slab(StreamedArgmax& argmax, const std::vector<float>& scores, const Grid& grid, int channels,
               std::int64_t z, std::int64_t slices) {
  const std::int64_t area = grid.size[0] * grid.size[1];
  std::vector<float> slab;
  for (int c = 0; c < channels; ++c) {
    const auto first = scores.begin() + (c * grid.size[2] + z) * area;
    slab.insert(slab.end(), first, first + slices * area);
  }
  argmax.take(slab, z, slices);
}

// Written down from the definition, on one grid, where nothing is interpolated.
TEST(Confidence, IsTheSoftmaxOfTheWinner) {
  const Grid grid = grid_of({9, 8, 21}, 2);
  const std::vector<float> scores = logits(grid, 3, 1);
  StreamedArgmax argmax(grid, {0, 4, 7}, grid);
  argmax.take(scores, 0, 21);
  const Confidence confidence = argmax.confidence();
  const LabelVolume labels = argmax.finish();
  std::map<int, std::vector<double>> all, boundary;
  for (std::int64_t z = 0, i = 0; z < 21; ++z)
    for (std::int64_t y = 0; y < 8; ++y)
      for (std::int64_t x = 0; x < 9; ++x, ++i) {
        const int id = labels.voxels[i];
        if (id == 0) continue;
        double sum = 0, best = 0;
        for (int c = 0; c < 3; ++c) {
          const double e = std::exp(double(scores[c * grid.voxel_count() + i]));
          sum += e;
          best = std::max(best, e);
        }
        all[id].push_back(best / sum);
        bool edge = false;
        const auto differs = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
          if (a >= 0 && b >= 0 && c >= 0 && a < 9 && b < 8 && c < 21) edge |= labels.at(a, b, c) != id;
        };
        differs(x - 1, y, z), differs(x + 1, y, z), differs(x, y - 1, z);
        differs(x, y + 1, z), differs(x, y, z - 1), differs(x, y, z + 1);
        if (edge) boundary[id].push_back(best / sum);
      }
  ASSERT_EQ(confidence.size(), 2u);
  for (const OrganConfidence& c : confidence) {
    ASSERT_EQ(c.voxels, std::ssize(all[c.id]));
    ASSERT_EQ(c.boundary_voxels, std::ssize(boundary[c.id]));
    double mean = 0;
    for (const double p : all[c.id]) mean += p / double(c.voxels);
    EXPECT_NEAR(c.mean, mean, 1 / 255.0);
    std::vector<double>& tail = boundary[c.id];
    std::sort(tail.begin(), tail.end());
    EXPECT_NEAR(c.boundary_low, tail[(tail.size() + 19) / 20 - 1], 1 / 255.0);
  }
}

TEST(Confidence, DoesNotDependOnTheSlabs) {
  const Grid coarse = grid_of({7, 6, 15}, 3), fine = grid_of({20, 17, 44}, 1);
  const std::vector<float> scores = logits(coarse, 4, 2);
  const auto run = [&](std::int64_t slices_per_batch) {
    StreamedArgmax argmax(coarse, {0, 1, 2, 3}, fine);
    for (std::int64_t z = 0; z < 15; z += slices_per_batch)
      take_slab(argmax, scores, coarse, 4, z, std::min<std::int64_t>(slices_per_batch, 15 - z));
    return argmax.confidence();
  };
  const Confidence whole = run(15);
  ASSERT_EQ(whole.size(), 3u);
  for (const std::int64_t slices_per_batch : {1, 2, 7}) {
    const Confidence parts = run(slices_per_batch);
    ASSERT_EQ(parts.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(parts[i].mean, whole[i].mean);
      EXPECT_EQ(parts[i].boundary_voxels, whole[i].boundary_voxels);
      EXPECT_EQ(parts[i].boundary_low, whole[i].boundary_low);
    }
  }
}

}  // namespace
}  // namespace anatomynet::core

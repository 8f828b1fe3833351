#include "quality/pieces.h"

#include <algorithm>
#include <queue>
#include <random>

#include <gtest/gtest.h>

namespace anatomynet::quality {
namespace {

LabelVolume noise(const Size3& size, double share, unsigned seed) {
  Grid grid;
  grid.size = size;
  LabelVolume mask(grid);
  std::mt19937 random(seed);
  for (std::uint8_t& v : mask.voxels) v = double(random()) < share * 4294967295.0;
  return mask;
}

// Sizes by flooding, largest first.
std::vector<std::int64_t> flooded(const LabelVolume& mask, bool diagonal) {
  const Size3& size = mask.grid.size;
  std::vector<bool> seen(mask.voxels.size());
  std::vector<std::int64_t> sizes;
  for (std::int64_t start = 0; start < std::ssize(mask.voxels); ++start) {
    if (mask.voxels[start] == 0 || seen[start]) continue;
    std::queue<std::int64_t> next({start});
    seen[start] = true;
    std::int64_t count = 0;
    while (!next.empty()) {
      const std::int64_t i = next.front();
      next.pop();
      ++count;
      const std::int64_t x = i % size[0], y = i / size[0] % size[1], z = i / (size[0] * size[1]);
      for (int dz = -1; dz <= 1; ++dz)
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) {
            if (!diagonal && std::abs(dx) + std::abs(dy) + std::abs(dz) != 1) continue;
            const Size3 at{x + dx, y + dy, z + dz};
            bool inside = true;
            for (int k = 0; k < 3; ++k) inside = inside && at[k] >= 0 && at[k] < size[k];
            if (!inside) continue;
            const std::int64_t o = mask.grid.offset(at[0], at[1], at[2]);
            if (mask.voxels[o] == 0 || seen[o]) continue;
            seen[o] = true;
            next.push(o);
          }
    }
    sizes.push_back(count);
  }
  std::sort(sizes.rbegin(), sizes.rend());
  return sizes;
}

TEST(Pieces, AreWhatFloodingFinds) {
  for (unsigned seed = 1; seed <= 20; ++seed)
    for (const double share : {0.05, 0.2, 0.35}) {
      const LabelVolume mask = noise({7, 11, 9}, share, seed);
      EXPECT_EQ(pieces_of(mask, Neighbours::six).voxels, flooded(mask, false)) << seed;
      const Pieces all = pieces_of(mask, Neighbours::twenty_six);
      EXPECT_EQ(all.voxels, flooded(mask, true)) << seed;
      for (std::size_t p = 0; p < all.voxels.size(); ++p)
        EXPECT_EQ(std::count(all.of_voxel.begin(), all.of_voxel.end(), static_cast<int>(p)), all.voxels[p]);
    }
}

TEST(Pieces, GapsAreBetweenNearestVoxelCentresInMillimetres) {
  Grid grid;
  grid.size = {20, 5, 5};
  grid.spacing = {2, 1, 3};
  grid.origin = {100, 0, 0};
  LabelVolume mask(grid);
  for (int x = 0; x < 5; ++x) mask.at(x, 2, 2) = 1;
  mask.at(9, 2, 2) = mask.at(10, 2, 2) = 1;
  mask.at(4, 0, 4) = 1;
  const std::vector<Piece> beside = pieces_beside_largest(grid, pieces_of(mask, Neighbours::twenty_six));
  ASSERT_EQ(beside.size(), 2u);
  EXPECT_DOUBLE_EQ(beside[0].gap_mm, 10);
  EXPECT_DOUBLE_EQ(beside[0].ml, 0.012);
  EXPECT_DOUBLE_EQ(beside[0].centroid[0], 119);
  EXPECT_DOUBLE_EQ(beside[1].gap_mm, std::hypot(2.0, 6.0));
}

TEST(Pieces, OfAnEmptyMaskAreNone) {
  Grid grid;
  grid.size = {3, 3, 3};
  EXPECT_TRUE(pieces_of(LabelVolume(grid), Neighbours::six).voxels.empty());
}

}  // namespace
}  // namespace anatomynet::quality

#include "core/label_boxes.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

// Voxel by voxel, as its definition says.
LabelBox plain_box(const LabelVolume& labels, int value) {
  Size3 low = labels.grid.size, high{-1, -1, -1};
  for (std::int64_t z = 0; z < labels.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < labels.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < labels.grid.size[0]; ++x) {
        if (labels.at(x, y, z) != value) continue;
        const Size3 at{x, y, z};
        for (int k = 0; k < 3; ++k) {
          low[k] = std::min(low[k], at[k]);
          high[k] = std::max(high[k], at[k]);
        }
      }
  if (high[0] < 0) return {};
  return {low, {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}};
}

LabelVolume scattered(const Size3& size, int voxels, std::uint32_t seed) {
  LabelVolume labels(Grid{.size = size});
  std::mt19937 random(seed);
  for (int i = 0; i < voxels; ++i)
    labels.voxels[random() % labels.voxels.size()] = static_cast<std::uint8_t>(random() % 256);
  return labels;
}

TEST(LabelBoxes, AreThoseOfEveryVoxelLookedAt) {
  // Rows that do and do not end with the 64 voxels of a step; the last is searched in two halves.
  for (const Size3& size :
       {Size3{1, 1, 1}, Size3{7, 5, 3}, Size3{64, 3, 4}, Size3{130, 9, 6}, Size3{513, 512, 17}}) {
    const LabelVolume labels = scattered(size, 600, 5);
    const auto boxes = label_boxes(labels);
    EXPECT_TRUE(boxes[0].empty());
    for (int value = 1; value<256; value += size[0]> 500 ? 31 : 1) {
      const LabelBox expected = plain_box(labels, value);
      EXPECT_EQ(boxes[static_cast<std::size_t>(value)], expected) << value;
      EXPECT_EQ(label_box(labels, value), expected) << value;
    }
    EXPECT_EQ(label_box(labels, 0), plain_box(labels, 0));
  }
}

TEST(LabelBoxes, AreEmptyWithoutVoxels) {
  const LabelVolume labels(Grid{.size = {4, 4, 4}});
  EXPECT_TRUE(label_box(labels, 3).empty());
  EXPECT_TRUE(label_box(labels, 300).empty());
  EXPECT_TRUE(label_box(labels, -1).empty());
  EXPECT_FALSE(label_box(labels, 0).empty());
}

}  // namespace
}  // namespace anatomynet::core

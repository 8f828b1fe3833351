#include "core/packed_labels.h"

#include <random>

#include <gtest/gtest.h>

#include "core/argmax.h"
#include "core/large_volume.h"
#include "core/memory.h"

namespace anatomynet::core {
namespace {

constexpr std::int64_t mega = 1 << 20;

Grid grid_of(const Size3& size) {
  Grid grid;
  grid.size = size;
  return grid;
}

// As many slices at a time as `steps` says, in turn.
LabelVolume through_packing(const LabelVolume& labels, std::uint8_t background,
                            const std::vector<std::int64_t>& steps) {
  PackedLabels packed(labels.grid, background);
  const std::int64_t area = labels.grid.size[0] * labels.grid.size[1];
  for (std::int64_t z = 0, turn = 0; z < labels.grid.size[2]; ++turn) {
    const std::int64_t slices =
        std::min(steps[static_cast<std::size_t>(turn) % steps.size()], labels.grid.size[2] - z);
    packed.add(labels.voxels.data() + z * area, slices);
    z += slices;
  }
  return packed.volume();
}

TEST(PackedLabels, GivesEveryLabelBack) {
  std::mt19937 random(5);
  for (const Size3& size : {Size3{1, 1, 1}, {1, 7, 3}, {9, 1, 5}, {70, 13, 11}})
    for (const int share : {0, 1, 30, 100})  // per cent of voxels that are no background
      for (const std::uint8_t background : {std::uint8_t{0}, std::uint8_t{9}}) {
        LabelVolume labels(grid_of(size), background);
        for (std::uint8_t& label : labels.voxels)
          if (static_cast<int>(random() % 100) < share) label = static_cast<std::uint8_t>(random() % 256);
        const LabelVolume back = through_packing(labels, background, {2, 1, 4});
        EXPECT_EQ(back.grid.size, size);
        EXPECT_EQ(back.voxels, labels.voxels) << share;
      }
}

TEST(PackedLabels, SlicesThatNeverCameAreBackground) {
  PackedLabels packed(grid_of({3, 2, 2}), 4);
  const std::vector<std::uint8_t> slice{1, 4, 4, 4, 4, 2};
  packed.add(slice.data(), 1);
  EXPECT_EQ(packed.volume().voxels, (std::vector<std::uint8_t>{1, 4, 4, 4, 4, 2, 4, 4, 4, 4, 4, 4}));
}

TEST(PackedLabels, TakesLittleWhereMostIsBackground) {
  LabelVolume labels(grid_of({512, 512, 8}));
  for (std::int64_t z = 0; z < 8; ++z)
    for (std::int64_t y = 200; y < 300; ++y) std::fill_n(&labels.at(150, y, z), 100, std::uint8_t{3});
  PackedLabels packed(labels.grid, 0);
  packed.add(labels.voxels.data(), 8);
  EXPECT_GE(packed.bytes(), 8 * 100 * 100);
  EXPECT_LT(packed.bytes(), 8 * 100 * 130);
}

// The network's memory lies beside it: before `finish` no label map of 63 MB exists.
TEST(StreamedArgmax, MakesTheVolumeAtTheEnd) {
  Grid coarse = grid_of({32, 32, 15}), target = grid_of({512, 512, 240});
  coarse.spacing = {16, 16, 16};
  std::vector<float> scores(2 * 32 * 32);  // a background that leads, but for one voxel
  std::fill_n(scores.begin(), 32 * 32, 5.0f);
  scores[32 * 32 + 500] = 10;
  StreamedArgmax argmax(coarse, {0, 7}, target);
  const std::int64_t before = resident_memory();
  for (std::int64_t z = 0; z < 15; ++z) argmax.take(scores, z, 1);
  EXPECT_LT(resident_memory() - before, 20 * mega);
  const LabelVolume labels = argmax.finish();
  EXPECT_GT(resident_memory() - before, 50 * mega);  // so that what was measured above tells something
  EXPECT_GT(std::count(labels.voxels.begin(), labels.voxels.end(), 7), 100);
}

TEST(LargeVolume, HoldsItsValueEverywhere) {
  const Grid grid = grid_of({511, 301, 67});  // 20 MB that end within a page
  const CtVolume ct = large_volume<std::int16_t>(grid, -1024);
  EXPECT_EQ(ct.grid.size, grid.size);
  ASSERT_EQ(std::ssize(ct.voxels), grid.voxel_count());
  EXPECT_EQ(std::count(ct.voxels.begin(), ct.voxels.end(), -1024), grid.voxel_count());
}

TEST(LargeVolume, LeavesItsNeighboursAlone) {
  std::vector<std::uint8_t> all(24 << 20, 5);
  advise_large_pages(all.data() + 3, all.size() - 10);
  advise_large_pages(all.data(), 0);
  advise_large_pages(nullptr, 0);
  EXPECT_EQ(std::count(all.begin(), all.end(), 5), std::ssize(all));
}

}  // namespace
}  // namespace anatomynet::core

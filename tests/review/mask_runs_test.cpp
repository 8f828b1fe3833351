#include "review/mask_runs.h"

#include <random>

#include <gtest/gtest.h>

#include "core/error.h"
#include "pipeline/derived_structures.h"
#include "review/review_fixtures.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
using evaluation::BoxedMask;

LabelVolume random_volume(std::mt19937& random, const Grid& grid) {
  LabelVolume volume(grid);
  const auto share = random() % 5;  // 0: empty, 4: full
  for (auto& voxel : volume.voxels) voxel = random() % 4 < share ? 1 : 0;
  return volume;
}

Grid random_grid(std::mt19937& random) {
  Grid grid;
  for (auto& n : grid.size) n = 1 + random() % 7;
  return grid;
}

// By definition: alternating lengths, outside first.
Runs counted(const LabelVolume& volume) {
  Runs runs{0};
  bool inside = false;
  for (const auto voxel : volume.voxels) {
    if ((voxel != 0) != inside) {
      runs.push_back(0);
      inside = !inside;
    }
    ++runs.back();
  }
  return runs;
}

TEST(MaskRuns, AreThoseOfTheWholeVolumeAndBack) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const LabelVolume volume = random_volume(random, random_grid(random));
    const BoxedMask mask = evaluation::boxed(volume, 1);
    const Runs runs = runs_of(mask);
    EXPECT_EQ(runs, counted(volume));
    const BoxedMask back = mask_of(volume.grid, runs);
    EXPECT_EQ(back.low, mask.empty() ? Size3{} : mask.low);
    EXPECT_EQ(back.size, mask.size);
    EXPECT_EQ(back.count, mask.count);
    EXPECT_EQ(back.voxels, mask.voxels);
    EXPECT_EQ(runs_from_bytes(from_base64(test::base64(runs))), runs);
  }
}

TEST(MaskRuns, ReplaceABoxAsVoxelByVoxel) {
  std::mt19937 random(8);
  for (int round = 0; round < 500; ++round) {
    LabelVolume volume = random_volume(random, random_grid(random));
    const BoxedMask before = evaluation::boxed(volume, 1);
    LabelBox box;
    for (std::size_t k = 0; k < 3; ++k) {
      box.low[k] = std::int64_t(random() % volume.grid.size[k]);
      box.size[k] = 1 + std::int64_t(random() % (volume.grid.size[k] - box.low[k]));
    }
    Grid part;
    part.size = box.size;
    const LabelVolume fresh = random_volume(random, part);
    for (std::int64_t z = 0; z < box.size[2]; ++z)
      for (std::int64_t y = 0; y < box.size[1]; ++y)
        for (std::int64_t x = 0; x < box.size[0]; ++x)
          volume.at(box.low[0] + x, box.low[1] + y, box.low[2] + z) = fresh.at(x, y, z);
    const BoxedMask after = replaced(before, box, counted(fresh)), expected = evaluation::boxed(volume, 1);
    EXPECT_EQ(after.low, expected.empty() ? Size3{} : expected.low);
    EXPECT_EQ(after.size, expected.size);
    EXPECT_EQ(after.count, expected.count);
    EXPECT_EQ(after.voxels, expected.voxels);
  }
}

TEST(MaskRuns, RefuseWhatDoesNotFit) {
  const Grid grid = test::small_grid();
  BoxedMask none;
  none.grid = grid;
  const auto with = [&](LabelBox box, const Runs& runs) { replaced(none, box, runs); };
  EXPECT_NO_THROW(with({{1, 1, 1}, {2, 2, 2}}, {0, 8}));
  EXPECT_THROW(with({{1, 1, 1}, {2, 2, 2}}, {0, 7}), Error);
  EXPECT_THROW(with({{1, 1, 1}, {2, 2, 2}}, {0, 9}), Error);
  EXPECT_THROW(with({{1, 1, 1}, {2, 2, 2}}, {}), Error);
  EXPECT_THROW(with({{1, 1, 1}, {2, 2, 2}}, {4294967295u, 4294967295u, 8}), Error);
  EXPECT_THROW(with({{-1, 1, 1}, {2, 2, 2}}, {0, 8}), Error);
  EXPECT_THROW(with({{23, 1, 1}, {2, 2, 2}}, {0, 8}), Error);
  EXPECT_THROW(with({{1, 1, 1}, {0, 2, 2}}, {0}), Error);
  EXPECT_THROW(with({{1, 1, 1}, {2, -2, -2}}, {0, 8}), Error);
  EXPECT_THROW(with({{std::int64_t(1) << 62, 1, 1}, {2, 2, 2}}, {0, 8}), Error);
  EXPECT_THROW(mask_of(grid, Runs{1, 2, 3}), Error);
  EXPECT_THROW(runs_from_bytes("abc"), Error);
  for (const char* text : {"a", "abc", "====", "ab=c", "a b=", "ab\n=", "abc\xff", "=abc", "abcd=", "a==="})
    EXPECT_THROW(from_base64(text), Error) << text;
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("YQ=="), "a");
  EXPECT_EQ(from_base64("YWI="), "ab");
  EXPECT_EQ(from_base64("YWJj"), "abc");
}

}  // namespace

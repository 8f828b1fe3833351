#include "quality/postprocess.h"

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "core/known_organs.h"

namespace anatomynet::quality {
namespace {

void fill(LabelVolume& labels, const Size3& low, const Size3& high, std::uint8_t id) {
  for (std::int64_t z = low[2]; z <= high[2]; ++z)
    for (std::int64_t y = low[1]; y <= high[1]; ++y)
      for (std::int64_t x = low[0]; x <= high[0]; ++x) labels.at(x, y, z) = id;
}

// A cube of organ 6 with a hole, part of it organ 1; a near half, a far half and a crumb of it beside.
LabelVolume example() {
  Grid grid;
  grid.size = {60, 12, 12};
  LabelVolume labels(grid);
  fill(labels, {1, 1, 1}, {8, 8, 8}, 6);
  fill(labels, {4, 4, 4}, {5, 5, 5}, 0);
  labels.at(4, 4, 4) = 1;
  fill(labels, {12, 1, 1}, {15, 8, 8}, 6);
  fill(labels, {50, 1, 1}, {53, 8, 8}, 6);
  labels.at(20, 5, 5) = 6;
  return labels;
}

// Named like a bone, which can be in pieces.
OrganTable organs() {
  Organ organ = *find_organ(standard_organs(), 6);
  organ.name = "Bone_Example";
  return {organ};
}

TEST(PostProcess, KeepsNearLargePiecesAndFillsFreeHoles) {
  LabelVolume labels = example();
  const auto changed = post_process(labels, organs(), post_processing("all"));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].removed.size(), 2u);
  EXPECT_NEAR(changed[0].removed_ml, (4 * 64 + 1) / 1000.0, 1e-9);
  EXPECT_GT(changed[0].removed[0].gap_mm, 20);
  EXPECT_EQ(changed[0].holes, 1);
  EXPECT_NEAR(changed[0].filled_ml, 0.007, 1e-9);
  EXPECT_EQ(labels.at(4, 4, 4), 1) << "another organ within a hole stays";
  EXPECT_EQ(labels.at(5, 5, 5), 6);
  EXPECT_EQ(labels.at(13, 4, 4), 6) << "a near piece of half the size stays";
  EXPECT_EQ(labels.at(51, 4, 4), 0);
  EXPECT_EQ(labels.at(20, 5, 5), 0);
  EXPECT_TRUE(post_process(labels, organs(), post_processing("all")).empty())
      << "a second time changes nothing";
}

TEST(PostProcess, AGlandIsInOnePieceUnlessTheVolumeCutsIt) {
  const OrganTable glands{*find_organ(standard_organs(), 6)};
  LabelVolume apart = example();
  post_process(apart, glands, post_processing("pieces"));
  EXPECT_EQ(apart.at(13, 4, 4), 0) << "a near piece of half the size goes";
  EXPECT_EQ(apart.at(2, 2, 2), 6);
  LabelVolume cut = example();
  fill(cut, {2, 2, 0}, {3, 3, 0}, 6);
  fill(cut, {13, 2, 0}, {14, 3, 0}, 6);
  post_process(cut, glands, post_processing("pieces"));
  EXPECT_EQ(cut.at(13, 4, 4), 6) << "both reach the end of the volume";
  EXPECT_EQ(cut.at(51, 4, 4), 0) << "not near";
}

TEST(PostProcess, ATubeIsBridgedAcrossEmptySlices) {
  Grid grid;
  grid.size = {20, 20, 30};
  grid.spacing = {1, 1, 3};
  LabelVolume labels(grid);
  fill(labels, {5, 5, 2}, {9, 9, 10}, 12);
  fill(labels, {7, 5, 15}, {11, 9, 20}, 12);  // 15 mm from slice to slice, moved by 2 mm
  fill(labels, {7, 5, 28}, {11, 9, 29}, 12);  // 24 mm on
  labels.at(8, 7, 12) = 6;
  OrganTable tube{*find_organ(known_organs(), 12)};
  LabelVolume whole = labels;
  const auto changed = post_process(whole, tube, post_processing("bridges"));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_NEAR(changed[0].bridged_ml, (4 * 25 - 1) * 0.003, 4 * 5 * 0.003)
      << "25 voxels a slice, of the other organ one";
  EXPECT_EQ(whole.at(8, 7, 12), 6) << "another organ stays";
  for (std::int64_t z = 11; z < 15; ++z) EXPECT_EQ(whole.at(z == 12 ? 7 : 8, 7, z), 12) << z;
  EXPECT_EQ(whole.at(9, 7, 24), 0) << "too far";
  post_process(labels, tube, post_processing("default"));
  EXPECT_EQ(labels.at(9, 7, 18), 12);
  EXPECT_EQ(labels.at(9, 7, 28), 0);
  tube[0].snomed_code.clear();  // not known to be a tube
  LabelVolume other = whole;
  EXPECT_TRUE(post_process(other, tube, post_processing("bridges")).empty());
}

TEST(PostProcess, EachStepCanBeHadAlone) {
  LabelVolume none = example(), pieces = example(), holes = example();
  EXPECT_TRUE(post_process(none, organs(), post_processing("none")).empty());
  EXPECT_EQ(none.voxels, example().voxels);
  post_process(pieces, organs(), post_processing("pieces"));
  EXPECT_EQ(pieces.at(5, 5, 5), 0);
  EXPECT_EQ(pieces.at(20, 5, 5), 0);
  post_process(holes, organs(), post_processing("holes"));
  EXPECT_EQ(holes.at(5, 5, 5), 6);
  EXPECT_EQ(holes.at(20, 5, 5), 6);
}

TEST(PostProcess, ALargeHoleAndAnOpenOneStay) {
  Grid grid;
  grid.size = {20, 20, 20};
  LabelVolume labels(grid);
  fill(labels, {0, 0, 0}, {15, 15, 15}, 6);
  fill(labels, {2, 2, 2}, {13, 13, 13}, 0);  // 1.7 ml
  const LabelVolume large = labels;
  post_process(labels, organs(), post_processing("holes"));
  EXPECT_EQ(labels.voxels, large.voxels);
  fill(labels, {2, 2, 2}, {13, 13, 13}, 6);
  fill(labels, {0, 5, 5}, {3, 5, 5}, 0);  // open to the end of the volume
  const LabelVolume open = labels;
  post_process(labels, organs(), post_processing("holes"));
  EXPECT_EQ(labels.voxels, open.voxels);
}

TEST(PostProcess, UnknownNamesAreRefused) {
  test::expect_refused(ErrorKind::usage, {"\"best\"", "pieces", "none"}, [] { post_processing("best"); });
}

}  // namespace
}  // namespace anatomynet::quality

#include "pipeline/cut_ends.h"

#include <gtest/gtest.h>

#include "core/known_organs.h"

namespace anatomynet::test {
namespace {

OrganTable organs() {
  OrganTable table{*find_organ(known_organs(), "Brainstem"), *find_organ(known_organs(), "Esophagus")};
  table[0].id = 1;
  table[1].id = 2;
  return table;
}

// A column of the first organ in slices `first` to `last` of ten, 3 mm apart from the feet up, the other
// organ beside it in all of these.
LabelVolume column(std::int64_t first, std::int64_t last, double z_mm = 3) {
  Grid grid;
  grid.size = {4, 1, 10};
  grid.spacing = {1, 1, z_mm};
  LabelVolume labels(grid);
  for (std::int64_t z = first; z <= last; ++z) {
    labels.at(1, 0, z) = 1;
    labels.at(2, 0, z) = 2;
  }
  return labels;
}

std::vector<std::int64_t> slices_with(const LabelVolume& labels, int id) {
  std::vector<std::int64_t> slices;
  for (std::int64_t z = 0; z < labels.grid.size[2]; ++z)
    for (std::int64_t x = 0; x < labels.grid.size[0]; ++x)
      if (labels.at(x, 0, z) == id) slices.push_back(z);
  return slices;
}

quality::EndsCut cut(LabelVolume& labels, double upper, double lower, const UnevenSlices* uneven = nullptr) {
  std::vector<quality::PostProcessed> changed;
  pipeline::cut_ends(labels, organs(), {{"Brainstem", upper, lower, ""}}, uneven, changed);
  return changed.at(0).ends.value();
}

TEST(CutEnds, TakesWholeSlicesOffTheOrganAlone) {
  LabelVolume labels = column(1, 8);
  const quality::EndsCut done = cut(labels, 6.5, 3);
  EXPECT_EQ(slices_with(labels, 1), (std::vector<std::int64_t>{2, 3, 4, 5, 6}));
  EXPECT_EQ(slices_with(labels, 2).size(), 8u);
  EXPECT_EQ(done.upper_mm, 6);
  EXPECT_EQ(done.lower_mm, 3);
  EXPECT_NEAR(done.ml, 0.009, 1e-12);
  EXPECT_EQ(done.stayed, "");
}

TEST(CutEnds, KnowsWhereTheHeadIs) {
  LabelVolume labels = column(1, 8);
  labels.grid.direction = {{{1, 0, 0}, {0, -1, 0}, {0, 0, -1}}};  // slices from the head down
  cut(labels, 6, 0);
  EXPECT_EQ(slices_with(labels, 1), (std::vector<std::int64_t>{3, 4, 5, 6, 7, 8}));
}

TEST(CutEnds, LeavesEndsAtTheEndOfTheCt) {
  LabelVolume labels = column(0, 8);
  const quality::EndsCut done = cut(labels, 3, 9);
  EXPECT_EQ(slices_with(labels, 1), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(done.stayed, "the CT ends at its lower end");
  LabelVolume both = column(0, 9);
  EXPECT_EQ(cut(both, 3, 3).stayed, "the CT ends at its upper end and at its lower end");
  EXPECT_EQ(both.voxels, column(0, 9).voxels);
}

TEST(CutEnds, LeavesAnOrganOfWhichLittleWouldBeLeft) {
  LabelVolume labels = column(3, 6);
  const quality::EndsCut done = cut(labels, 9, 0);
  EXPECT_TRUE(done.refused);
  EXPECT_EQ(done.upper_mm, 0);
  EXPECT_EQ(labels.voxels, column(3, 6).voxels);
  LabelVolume half = column(3, 6);
  EXPECT_FALSE(cut(half, 6, 0).refused) << "half is left";
  LabelVolume none = column(1, 0);
  std::vector<quality::PostProcessed> changed;
  pipeline::cut_ends(none, organs(), {{"Brainstem", 3, 0, ""}}, nullptr, changed);
  EXPECT_TRUE(changed.empty());
}

// CT slices at 0, 3, 6, 12, 15 mm, shown on an even grid: both slices that show one go with it.
TEST(CutEnds, TakesCtSlicesOffWhereTheyLieUnevenly) {
  Grid first;
  first.size = {4, 1, 5};
  first.spacing = {1, 1, 3};
  const UnevenSlices uneven(first, {0, 3, 6, 12, 15});
  LabelVolume on_slices(uneven.on_slices());
  for (std::int64_t z = 0; z < 4; ++z) on_slices.at(1, 0, z) = 1;
  LabelVolume labels = uneven.to_even(on_slices);
  const quality::EndsCut done = cut(labels, 6, 0, &uneven);
  const LabelVolume back = uneven.to_slices(labels);
  EXPECT_EQ(slices_with(back, 1), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(labels.voxels, uneven.to_even(back).voxels) << "no CT slice is cut in two";
  EXPECT_EQ(done.upper_mm, 6);
}

}  // namespace
}  // namespace anatomynet::test

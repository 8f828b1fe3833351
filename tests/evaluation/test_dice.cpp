#include <gtest/gtest.h>

#include "core/error.h"
#include "evaluation/dice.h"

namespace anatomynet::evaluation {
namespace {

LabelVolume row_of(std::vector<std::uint8_t> voxels) {
  Grid grid;
  grid.size = {static_cast<std::int64_t>(voxels.size()), 1, 1};
  LabelVolume labels(grid);
  labels.voxels = std::move(voxels);
  return labels;
}

TEST(Dice, CountsByHand) {
  const auto rows = dice_of(row_of({0, 3, 3, 3, 7, 0}), row_of({3, 3, 3, 0, 7, 9}));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].id, 3);
  EXPECT_EQ(rows[0].predicted, 3);
  EXPECT_EQ(rows[0].truth, 3);
  EXPECT_EQ(rows[0].overlap, 2);
  EXPECT_DOUBLE_EQ(*rows[0].dice, 4.0 / 6.0);
  EXPECT_DOUBLE_EQ(*rows[1].dice, 1.0);
  EXPECT_EQ(rows[2].id, 9);
  EXPECT_DOUBLE_EQ(*rows[2].dice, 0.0);
}

TEST(Dice, AnAbsentOrganHasNoScore) {
  const auto rows = dice_of(row_of({0, 1}), row_of({0, 1}), {2, 1, 300});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_FALSE(rows[0].dice.has_value());
  EXPECT_DOUBLE_EQ(*rows[1].dice, 1.0);
  EXPECT_FALSE(rows[2].dice.has_value());
}

TEST(Dice, IsSymmetric) {
  const auto a = row_of({1, 1, 2, 0, 2, 1}), b = row_of({1, 2, 2, 2, 0, 0});
  const auto ab = dice_of(a, b), ba = dice_of(b, a);
  ASSERT_EQ(ab.size(), ba.size());
  for (std::size_t i = 0; i < ab.size(); ++i) EXPECT_EQ(ab[i].dice, ba[i].dice);
}

TEST(Dice, RefusesAnotherGridAndNamesBoth) {
  const LabelVolume a = row_of({1, 0});
  LabelVolume shifted = a;
  shifted.grid.origin[1] = 0.5;
  try {
    dice_of(a, shifted);
    FAIL() << "two grids half a millimetre apart were compared";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    const std::string text = error.what();
    EXPECT_NE(text.find("(0, 0, 0)"), std::string::npos) << text;
    EXPECT_NE(text.find("(0, 0.5, 0)"), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
  LabelVolume mirrored = a;
  mirrored.grid.direction[0][0] = -1;
  EXPECT_THROW(dice_of(a, mirrored), Error);
  EXPECT_THROW(dice_of(a, row_of({1, 0, 0})), Error);
  LabelVolume rounded = a;
  rounded.grid.origin[0] = 0.004;  // what a float32 header may lose
  EXPECT_NO_THROW(dice_of(a, rounded));
}

}  // namespace
}  // namespace anatomynet::evaluation

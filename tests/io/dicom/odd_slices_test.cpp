#include "io/dicom/internal/odd_slices.h"

#include <random>

#include <gtest/gtest.h>

#include "io/ct_image.h"

namespace anatomynet::io {
namespace {

// Tissue in noisy air, a head that tapers off and ends before the last four slices.
CtVolume scan() {
  Grid grid;
  grid.size = {40, 40, 16};
  CtVolume ct(grid, lowest_hu);
  std::mt19937 random(1);
  for (std::int64_t z = 0; z < 16; ++z)
    for (std::int64_t y = 0; y < 40; ++y)
      for (std::int64_t x = 0; x < 40; ++x) {
        const std::int64_t radius = z < 9 ? 15 : 3 * (12 - z);
        const bool body = z < 12 && (x - 20) * (x - 20) + (y - 20) * (y - 20) < radius * radius;
        ct.at(x, y, z) =
            static_cast<std::int16_t>((body ? 30 : -1000) + static_cast<int>(random() % 21) - 10);
      }
  return ct;
}

void fill(CtVolume& ct, std::int64_t z, std::int64_t from_row, std::int16_t hu) {
  for (std::int64_t y = from_row; y < 40; ++y)
    for (std::int64_t x = 0; x < 40; ++x) ct.at(x, y, z) = hu;
}

void shift(CtVolume& ct, std::int64_t z, int hu) {
  for (std::int64_t y = 0; y < 40; ++y)
    for (std::int64_t x = 0; x < 40; ++x) ct.at(x, y, z) = static_cast<std::int16_t>(ct.at(x, y, z) + hu);
}

std::vector<std::size_t> places(const std::vector<OddSlice>& odd) {
  std::vector<std::size_t> z;
  for (const OddSlice& slice : odd) z.push_back(slice.z);
  return z;
}

using Places = std::vector<std::size_t>;

TEST(OddSlices, AWholeScanHasNone) {
  CtVolume ct = scan();
  EXPECT_TRUE(blank_slices(ct).empty());
  EXPECT_TRUE(slices_without_air(ct).empty());
  for (std::int64_t z = 12; z < 16; ++z) fill(ct, z, 0, lowest_hu);  // air without noise, above the head
  for (std::int64_t z = 0; z < 16; ++z) fill(ct, z, 37, lowest_hu);  // outside the field of view
  EXPECT_TRUE(blank_slices(ct).empty());
  EXPECT_TRUE(slices_without_air(ct).empty());
}

TEST(OddSlices, BlankOnesAreFoundAloneInRunsAndAtTheLowerEnd) {
  CtVolume ct = scan();
  for (const int z : {0, 5, 6, 8}) fill(ct, z, 0, lowest_hu);
  EXPECT_EQ(places(blank_slices(ct)), (Places{0, 5, 6, 8}));
  EXPECT_EQ(blank_slices(ct)[1].warning.text.substr(0, 14), "one value only");
}

TEST(OddSlices, OnesCutShortAndFilledUpAreFound) {
  CtVolume ct = scan();
  fill(ct, 4, 15, 0);  // raw zeros, where the rescale is none
  fill(ct, 5, 0, lowest_hu);
  fill(ct, 8, 25, lowest_hu);
  fill(ct, 10, 39, lowest_hu);  // no tissue there
  EXPECT_EQ(places(blank_slices(ct)), (Places{4, 5, 8}));
  EXPECT_EQ(blank_slices(ct)[0].warning.text.substr(0, 33), "one value from row 16 of 40 on, w");
}

TEST(OddSlices, OnesWithoutAirAreFoundAloneInRunsAndAtTheEnds) {
  CtVolume ct = scan();
  for (const int z : {0, 4, 5, 15}) shift(ct, z, 1024);
  EXPECT_EQ(places(slices_without_air(ct)), (Places{0, 4, 5, 15}));
}

TEST(OddSlices, WhereTheFieldOfViewLiesWithinTheBodyThereNeedBeNoAir) {
  CtVolume ct = scan();
  for (std::int64_t z = 0; z < 16; ++z) fill(ct, z, 0, 40);
  ct.at(20, 20, 7) = -1000;  // the windpipe
  EXPECT_TRUE(slices_without_air(ct).empty());
}

}  // namespace
}  // namespace anatomynet::io

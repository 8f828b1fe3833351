#include "acceptance/slice_jump.h"

#include <cmath>

#include <gtest/gtest.h>

namespace anatomynet::acceptance {
namespace {

// Balls of bone that fade in and out along a cylinder of tissue, about (x, y) = `centre`.
CtVolume column(double centre, std::int64_t slices) {
  CtVolume ct;
  ct.grid.size = {48, 48, slices};
  ct.grid.spacing = {4, 4, 3};
  ct.voxels.resize(static_cast<std::size_t>(ct.grid.voxel_count()));
  for (std::int64_t z = 0; z < slices; ++z)
    for (std::int64_t y = 0; y < 48; ++y)
      for (std::int64_t x = 0; x < 48; ++x) {
        const double r = std::hypot(double(x) - centre, double(y) - centre);
        ct.at(x, y, z) = r > 16 ? -1000
                                : static_cast<std::int16_t>(40 + 400 * std::exp(-r * r / 60) *
                                                                     (1 + std::sin(0.3 * double(z))));
      }
  return ct;
}

TEST(SliceJump, NoneInOneScan) { EXPECT_FALSE(slice_jump(column(24, 40))); }

TEST(SliceJump, FoundWhereTwoScansWerePutTogether) {
  CtVolume both = column(18, 40);
  const CtVolume other = column(30, 40);
  const auto half = static_cast<std::ptrdiff_t>(48 * 48 * 25);
  std::copy(other.voxels.begin() + half, other.voxels.end(), both.voxels.begin() + half);
  const auto at = slice_jump(both);
  ASSERT_TRUE(at);
  EXPECT_NEAR(*at, 24.5 * 3, 1e-9);
}

TEST(SliceJump, ShortVolumesSayNothing) { EXPECT_FALSE(slice_jump(column(24, 6))); }

}  // namespace
}  // namespace anatomynet::acceptance

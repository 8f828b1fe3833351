#include "core/grid_difference.h"

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

TEST(GridDifference, NamesWhatTheSizesHide) {
  Grid a;
  a.size = {10, 20, 5};
  Grid b = a;
  b.origin[1] = 0.05;
  EXPECT_EQ(grid_difference(a, b), "they differ by up to 0.05 mm at the corners");
  b = a;
  b.spacing[1] = 1.01;
  EXPECT_EQ(grid_difference(a, b), "they differ by up to 0.19 mm at the corners");
  b.size[2] = 6;
  EXPECT_EQ(grid_difference(a, b), "they have 10 x 20 x 5 and 10 x 20 x 6 voxels");
}

}  // namespace
}  // namespace anatomynet::core

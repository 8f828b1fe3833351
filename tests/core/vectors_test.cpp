#include "core/vectors.h"

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

TEST(Vectors, ACrossProductIsPerpendicularAndRightHanded) {
  EXPECT_EQ(cross({1, 0, 0}, {0, 1, 0}), (Vec3{0, 0, 1}));
  const Vec3 a{1, -2, 3}, b{4, 0.5, -6}, c = cross(a, b);
  EXPECT_EQ(dot(a, c), 0);
  EXPECT_EQ(dot(b, c), 0);
  EXPECT_EQ(c, (Vec3{10.5, 18, 8.5}));  // by hand
}

TEST(Vectors, AUnitVectorKeepsItsDirection) {
  EXPECT_EQ(unit({0, -3, 4}), (Vec3{0, -0.6, 0.8}));
  EXPECT_EQ(minus({1, 2, 3}, scaled({1, 1, 1}, 2)), (Vec3{-1, 0, 1}));
}

}  // namespace
}  // namespace anatomynet::core

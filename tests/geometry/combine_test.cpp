// Several contours of one ROI on one slice: repeats, overlaps, holes, islands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geometry/contour_shapes.h"

namespace anatomynet::geometry {
namespace {

using test::disc;
using test::moved;
using test::rectangle;
using test::turned;
using test::voxels_in;
using test::voxels_in_slice;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Grid grid = test::box_grid({60, 60, 5}, {1, 1, 3});

std::vector<std::uint8_t> mask_of(const std::vector<PatientContour>& contours) {
  return rasterise(contours, grid).mask.voxels;
}

TEST(Repeats, CountOnce) {
  const PatientContour one = disc(30.3, 29.8, 17, 6);
  const auto alone = mask_of({one});
  struct Case {
    const char* what;
    PatientContour again;
  };
  PatientContour closed = one, halved = one;
  closed.points.push_back(closed.points.front());
  for (std::size_t i = 0; i < one.points.size(); i += 2)  // points between points: the same polygon
    halved.points.insert(
        halved.points.begin() + static_cast<std::ptrdiff_t>(i + i / 2 + 1),
        {(one.points[i][0] + one.points[i + 1][0]) / 2, (one.points[i][1] + one.points[i + 1][1]) / 2, 6});
  const Case cases[] = {{"the same", one},
                        {"from another vertex", turned(one, 77, false)},
                        {"the other way round", turned(one, 0, true)},
                        {"both", turned(one, 200, true)},
                        {"0.25 mm above its slice", moved(one, 0, 0, 0.25)},
                        {"0.25 mm below its slice", moved(turned(one, 5, true), 0, 0, -0.25)},
                        {"with its first point at the end", closed},
                        {"with points between", halved}};
  for (const Case& c : cases)
    for (const bool first : {false, true}) {
      const Rasterised out = rasterise(first ? std::vector{c.again, one} : std::vector{one, c.again}, grid);
      EXPECT_EQ(out.mask.voxels, alone) << c.what;
      EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("1 contour drawn twice on the same slice"))) << c.what;
    }
  const Rasterised thrice = rasterise({one, turned(one, 9, true), moved(one, 0, 0, 0.1)}, grid);
  EXPECT_EQ(thrice.mask.voxels, alone);
  EXPECT_THAT(thrice.warnings, ElementsAre(HasSubstr("2 contours drawn twice")));
  EXPECT_EQ(thrice.contours_used, 1U);
}

TEST(Repeats, RoundedOrRedrawnByLessThanHalfAPixelCountOnce) {
  const PatientContour one = disc(30.3, 29.8, 17, 6);
  const Rasterised alone = rasterise({one}, grid);
  PatientContour rounded = one;
  for (Vec3& p : rounded.points)
    for (double& v : p) v = std::round(v * 10) / 10;
  for (const PatientContour& again :
       {rounded, moved(one, 0.1, -0.1, 0), disc(30.3, 29.8, 16.8, 6), disc(30.3, 29.8, 17.3, 6, 90)}) {
    const Rasterised out = rasterise({one, again}, grid);
    EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("1 contour drawn twice")));
    // What either of them holds: no voxel of the one is lost, and hardly any is gained.
    for (std::size_t i = 0; i < out.mask.voxels.size(); ++i)
      ASSERT_GE(out.mask.voxels[i], alone.mask.voxels[i]);
    EXPECT_LT(voxels_in(out.mask), voxels_in(alone.mask) + 60);
  }
}

TEST(Repeats, KeepHolesAndIslands) {
  const PatientContour outer = disc(30, 30, 20, 6), hole = disc(30, 30, 12, 6), island = disc(30, 30, 5, 6);
  const auto once = mask_of({outer, hole, island});
  EXPECT_EQ(mask_of({outer, outer, hole, island}), once);
  EXPECT_EQ(mask_of({hole, outer, turned(hole, 3, true), island, island, island}), once);
  EXPECT_EQ(mask_of({island, moved(outer, 0, 0, 0.25), hole, outer, outer, hole, island}), once);
  EXPECT_EQ(once[std::size_t(grid.offset(30, 30, 2))], 1);
  EXPECT_EQ(once[std::size_t(grid.offset(39, 30, 2))], 0);
  EXPECT_EQ(once[std::size_t(grid.offset(46, 30, 2))], 1);
}

TEST(Repeats, OfExclusiveOrContoursDoNotCancel) {
  PatientContour one = disc(30, 30, 17, 6);
  one.exclusive_or = true;
  EXPECT_EQ(mask_of({one, one}), mask_of({one}));
  EXPECT_EQ(mask_of({one, moved(one, 0, 0, 0.25), one}), mask_of({one}));
}

TEST(Repeats, OnNeighbouringSlicesAreNone) {
  std::vector<PatientContour> stack;
  for (int z = 0; z < 5; ++z) stack.push_back(disc(30, 30, 17, 3.0 * z));
  const Rasterised out = rasterise(stack, grid);
  EXPECT_THAT(out.warnings, IsEmpty());
  EXPECT_EQ(out.contours_used, 5U);
  for (int z = 0; z < 5; ++z) EXPECT_EQ(voxels_in_slice(out.mask, z), voxels_in_slice(out.mask, 0)) << z;
}

TEST(Overlaps, OfClosedPlanarAreUnited) {
  const Rasterised out = rasterise({disc(24, 30, 12, 6), disc(37, 30, 12, 6)}, grid);
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("2 contours overlap others in part, on 1 slice; united")));
  EXPECT_EQ(test::wrong_voxels(out.mask, 0.01,
                               [](const Vec3& p) {
                                 if (std::abs(p[2] - 6) > 1) return -1.0;
                                 return std::max(12 - std::hypot(p[0] - 24, p[1] - 30),
                                                 12 - std::hypot(p[0] - 37, p[1] - 30));
                               }),
            0);
  EXPECT_EQ(out.mask.at(30, 30, 2), 1);
}

TEST(Overlaps, OfExclusiveOrStayOut) {
  PatientContour a = disc(24, 30, 12, 6), b = disc(37, 30, 12, 6);
  a.exclusive_or = b.exclusive_or = true;
  const Rasterised out = rasterise({a, b}, grid);
  EXPECT_THAT(out.warnings, IsEmpty());
  EXPECT_EQ(out.mask.at(30, 30, 2), 0);
  EXPECT_EQ(out.mask.at(15, 30, 2), 1);
  EXPECT_EQ(out.mask.at(45, 30, 2), 1);
}

TEST(Overlaps, UnitedPartsKeepTheirHoles) {
  // Two discs that overlap, a hole in one of them, and a chain of three.
  const PatientContour a = disc(24, 30, 12, 6), b = disc(37, 30, 12, 6), hole = disc(19, 30, 4, 6);
  const LabelVolume mask = rasterise({hole, b, a}, grid).mask;
  EXPECT_EQ(mask.at(19, 30, 2), 0);
  EXPECT_EQ(mask.at(30, 30, 2), 1);
  EXPECT_EQ(mask.at(25, 30, 2), 1);
  const Rasterised chain = rasterise({disc(15, 30, 8, 6), disc(41, 30, 8, 6), disc(28, 30, 8, 6)}, grid);
  for (const int x : {8, 21, 28, 34, 47}) EXPECT_EQ(chain.mask.at(x, 30, 2), 1) << x;
  // Two holes that overlap in part are one hole.
  const LabelVolume holes =
      rasterise({disc(30, 30, 25, 6), disc(24, 30, 8, 6), disc(34, 30, 8, 6)}, grid).mask;
  for (const int x : {18, 29, 40}) EXPECT_EQ(holes.at(x, 30, 2), 0) << x;
  EXPECT_EQ(holes.at(10, 30, 2), 1);
}

TEST(Overlaps, HalfCoveredVoxelsOfAUnionAreOnes) {
  // The voxel at x = 10: one covers 0.4 of it, the other 0.5, both together 0.55, either alone 0.2.
  const RasteriseOptions half{Inclusion::half_covered, SliceGaps::leave};
  const LabelVolume mask =
      rasterise({rectangle(2.5, 2.5, 9.9, 8.5, 6), rectangle(9.55, 2.5, 10.05, 9.5, 6)}, grid, half).mask;
  EXPECT_EQ(mask.at(10, 5, 2), 1);
}

TEST(Holes, MayTouchOrSlightlyLeaveTheirOutline) {
  const Rasterised touching = rasterise({rectangle(10, 10, 40, 40, 6), rectangle(10, 15, 20, 30, 6)}, grid);
  EXPECT_THAT(touching.warnings, IsEmpty());
  EXPECT_EQ(touching.mask.at(15, 20, 2), 0);
  EXPECT_EQ(touching.mask.at(30, 20, 2), 1);
  const Rasterised beyond = rasterise({rectangle(10, 10, 40, 40, 6), rectangle(9.9, 15, 20, 30, 6)}, grid);
  EXPECT_EQ(beyond.mask.at(15, 20, 2), 0);
}

TEST(Islands, ThatTouchAreBothIn) {
  const Rasterised out =
      rasterise({rectangle(10.5, 10.5, 20.5, 30.5, 6), rectangle(20.5, 10.5, 35.5, 30.5, 6)}, grid);
  EXPECT_THAT(out.warnings, IsEmpty());
  EXPECT_EQ(voxels_in(out.mask), 25 * 20);
}

TEST(Contours, OrderStartAndDirectionNeverChangeTheMask) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> place(12, 46), radius(3, 11);
  for (int round = 0; round < 60; ++round) {
    std::vector<PatientContour> contours;
    const int count = 1 + round % 7;
    for (int i = 0; i < count; ++i)
      contours.push_back(
          test::blob(random, place(random), place(random), radius(random), 3.0 * (i % 3) + 0.1 * (i % 2)));
    if (round % 3 == 0)  // a tilted one beside the others
      contours.push_back({{{10, 10, 2}, {40, 12, 5}, {38, 41, 11}, {9, 39, 8}}});
    const bool half = round % 4 == 1;
    const RasteriseOptions how{half ? Inclusion::half_covered : Inclusion::centre,
                               round % 5 == 2 ? SliceGaps::interpolate : SliceGaps::leave};
    const auto expected = rasterise(contours, grid, how);
    for (int again = 0; again < 4; ++again) {
      std::vector<PatientContour> other = contours;
      std::shuffle(other.begin(), other.end(), random);
      for (PatientContour& c : other) c = turned(c, random(), random() % 2 == 0);
      const std::size_t extra = random() % 3;
      for (std::size_t i = 0; i < extra; ++i)
        other.push_back(turned(other[random() % contours.size()], random(), random() % 2 == 0));
      const auto out = rasterise(other, grid, how);
      ASSERT_EQ(out.mask.voxels, expected.mask.voxels) << "round " << round;
      EXPECT_EQ(out.contours_used, expected.contours_used);
    }
  }
}

}  // namespace
}  // namespace anatomynet::geometry

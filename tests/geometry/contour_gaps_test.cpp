// Contours on some slices only, beside their slices, and on slices that are not evenly spaced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geometry/contour_shapes.h"

namespace anatomynet::geometry {
namespace {

using test::disc;
using test::voxels_in;
using test::voxels_in_slice;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double pi = 3.14159265358979323846;

// A ball of radius 24 mm drawn on the slices of `drawn`.
std::vector<PatientContour> ball(const Grid& grid, const std::vector<int>& drawn) {
  std::vector<PatientContour> out;
  const double centre = grid.spacing[2] * double(grid.size[2] - 1) / 2;
  for (const int z : drawn) {
    const double h = grid.spacing[2] * z - centre;
    if (24 * 24 - h * h > 1) out.push_back(disc(30, 30, std::sqrt(24 * 24 - h * h), grid.spacing[2] * z));
  }
  return out;
}

std::vector<int> every(int step, int count) {
  std::vector<int> out;
  for (int z = 0; z < count; z += step) out.push_back(z);
  return out;
}

TEST(Gaps, EverySecondThirdOrMixedSliceIsSaidAndFilledOnRequest) {
  const Grid grid = test::box_grid({61, 61, 17}, {1, 1, 3});
  const double whole = double(voxels_in(rasterise(ball(grid, every(1, 17)), grid).mask));
  const std::vector<int> mixed{0, 1, 3, 4, 7, 8, 10, 13, 14, 16};
  struct Case {
    std::vector<int> drawn;
    const char* said;
  };
  for (const Case& c :
       {Case{every(2, 17), "up to 6 mm"}, Case{every(3, 17), "up to 9 mm"}, Case{mixed, "up to 9 mm"}}) {
    const Rasterised left = rasterise(ball(grid, c.drawn), grid);
    ASSERT_THAT(left.warnings, ElementsAre(HasSubstr(c.said)));
    EXPECT_THAT(left.warnings[0], HasSubstr("left empty; --fill-gaps"));
    EXPECT_LT(double(voxels_in(left.mask)), 0.7 * whole);
    const Rasterised filled =
        rasterise(ball(grid, c.drawn), grid, {Inclusion::centre, SliceGaps::interpolate});
    EXPECT_THAT(filled.warnings, ElementsAre(HasSubstr("interpolated")));
    EXPECT_NEAR(double(voxels_in(filled.mask)), whole, 0.12 * whole);
  }
  EXPECT_THAT(rasterise(ball(grid, every(1, 17)), grid).warnings, IsEmpty());
}

TEST(Gaps, BetweenSeparatePartsStayEmpty) {
  const Grid grid = test::box_grid({61, 61, 20}, {1, 1, 2});
  std::vector<PatientContour> parts;
  for (const int z : {1, 2, 3, 5, 6, 14, 15, 17}) parts.push_back(disc(30, 30, 12, 2.0 * z));
  const Rasterised filled = rasterise(parts, grid, {Inclusion::centre, SliceGaps::interpolate});
  EXPECT_THAT(
      filled.warnings,
      ElementsAre(
          HasSubstr("2 slices between contours have none (up to 4 mm"),
          HasSubstr(
              "7 slices between contours have none (up to 16 mm from contour to contour): left empty")));
  for (int z = 0; z < 20; ++z)
    EXPECT_EQ(voxels_in_slice(filled.mask, z) > 0, (z >= 1 && z <= 6) || (z >= 14 && z <= 17)) << z;
}

TEST(Gaps, OfWidelySpacedDrawingsAreFilledUpToTwentyMillimetres) {
  const auto filled_slices = [](double spacing, int step) {
    const Grid grid = test::box_grid({61, 61, 16}, {1, 1, spacing});
    std::vector<PatientContour> drawn;
    for (int z = 0; z < 16; z += step) drawn.push_back(disc(30, 30, 12, spacing * z));
    const LabelVolume mask = rasterise(drawn, grid, {Inclusion::centre, SliceGaps::interpolate}).mask;
    std::int64_t n = 0;
    for (int z = 0; z < 16; ++z) n += voxels_in_slice(mask, z) > 0;
    return n;
  };
  EXPECT_EQ(filled_slices(5, 3), 16);  // 15 mm is how this ROI is drawn
  EXPECT_EQ(filled_slices(5, 5), 4);   // 25 mm is too far for anything
}

TEST(Gaps, ContoursThatAreNotOneAboveTheOtherFillNothing) {
  const Grid grid = test::box_grid({61, 61, 5}, {1, 1, 3});
  const LabelVolume mask =
      rasterise({disc(15, 30, 8, 3), disc(45, 30, 8, 9)}, grid, {Inclusion::centre, SliceGaps::interpolate})
          .mask;
  EXPECT_EQ(voxels_in_slice(mask, 2), 0);
}

TEST(BesideSlices, ContoursBelongToTheNearest) {
  for (const double spacing : {1.0, 2.0, 2.5, 3.0, 5.0}) {
    const Grid grid = test::box_grid({61, 61, 9}, {1, 1, spacing});
    std::vector<PatientContour> on, beside;
    for (int z = 1; z < 8; ++z) {
      on.push_back(disc(30, 30, 20, spacing * z));
      on.push_back(disc(30, 30, 8, spacing * z));
      beside.push_back(disc(30, 30, 20, spacing * z + (z % 2 ? 0.25 : -0.25)));
      beside.push_back(disc(30, 30, 8, spacing * z));  // a hole, on another plane than its outline
    }
    const Rasterised out = rasterise(beside, grid);
    EXPECT_EQ(out.mask.voxels, rasterise(on, grid).mask.voxels) << spacing;
    EXPECT_THAT(out.warnings, IsEmpty());
  }
}

TEST(BesideSlices, AStrayContourChangesNoOther) {
  const Grid grid = test::box_grid({61, 61, 12}, {1, 1, 3});
  std::vector<PatientContour> ring;
  for (int z = 1; z < 11; z += 2) {  // every second slice: what lies between must not spread
    ring.push_back(disc(30, 30, 20, 3.0 * z - 0.1));
    ring.push_back(disc(30, 30, 8, 3.0 * z + 0.15));  // its hole, on the plane nearer to the slice
  }
  const LabelVolume alone = rasterise(ring, grid).mask;
  EXPECT_EQ(alone.at(30, 30, 3), 0);
  EXPECT_EQ(alone.at(45, 30, 3), 1);
  ring.push_back(disc(30, 30, 20, 3.0 * 5 + 1.2));
  const Rasterised beside = rasterise(ring, grid);
  EXPECT_EQ(beside.mask.voxels, alone.voxels);
  EXPECT_THAT(beside.warnings, testing::Contains(HasSubstr("1 contour lies between slices")));
  ring.back() = disc(30, 30, 20, 3.0 * 6 - 1.2);  // the nearest slice has none
  EXPECT_EQ(voxels_in_slice(rasterise(ring, grid).mask, 6),
            voxels_in_slice(rasterise({disc(30, 30, 20, 18)}, grid).mask, 6));
}

TEST(UnevenSlices, ContoursFillTheSliceOnWhichTheyLie) {
  // Fine above, coarse below; the grid's own spacing along z says nothing.
  const std::vector<double> mm{0, 5, 10, 15, 18, 21, 24, 25.5, 27};
  const Grid grid = test::box_grid({61, 61, 9}, {1, 1, 4}, {-30, -20, 100});
  std::vector<PatientContour> drawn;
  for (std::size_t z = 0; z < mm.size(); ++z)
    drawn.push_back(disc(0, 10, 5 + 2.0 * double(z), 100 + mm[z] + (z % 2 ? 0.2 : -0.1), 720));
  RasteriseOptions how;
  how.slices_mm = &mm;
  const Rasterised out = rasterise(drawn, grid, how);
  EXPECT_THAT(out.warnings, IsEmpty());
  for (std::size_t z = 0; z < mm.size(); ++z) {
    const double r = 5 + 2.0 * double(z);
    EXPECT_NEAR(double(voxels_in_slice(out.mask, std::int64_t(z))), pi * r * r, 2 * r) << z;
  }
  // Beyond either end: outside.
  const Rasterised beyond =
      rasterise({disc(0, 10, 9, 94), disc(0, 10, 9, 100), disc(0, 10, 9, 129)}, grid, how);
  EXPECT_EQ(beyond.contours_outside, 2U);
  EXPECT_EQ(voxels_in(beyond.mask), voxels_in_slice(beyond.mask, 0));
}

TEST(UnevenSlices, GapsAreMeasuredInMillimetresAndBlendedByThem) {
  const std::vector<double> mm{0, 2, 10, 12, 14, 30};
  const Grid grid = test::box_grid({61, 61, 6}, {1, 1, 6});
  RasteriseOptions how{Inclusion::centre, SliceGaps::interpolate};
  how.slices_mm = &mm;
  const Rasterised out = rasterise(
      {disc(30, 30, 10, 0), disc(30, 30, 20, 10), disc(30, 30, 20, 12), disc(30, 30, 20, 30)}, grid, how);
  // 2 mm of 10: a radius of 12.
  EXPECT_NEAR(std::sqrt(double(voxels_in_slice(out.mask, 1)) / pi), 12, 0.5);
  EXPECT_EQ(voxels_in_slice(out.mask, 4), 0) << "18 mm from contour to contour";
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("1 slice between contours has none (up to 10 mm"),
                                        HasSubstr("1 slice between contours has none (up to 18 mm")));
}

TEST(UnevenSlices, ContoursAcrossThemFollowTheirPositions) {
  // A cylinder along x, drawn on sagittal planes and on tilted ones.
  const std::vector<double> mm{0, 2, 4, 6, 9, 12, 17, 22, 25, 27};
  const Grid grid = test::box_grid({41, 41, 10}, {1, 1, 3});
  RasteriseOptions how;
  how.slices_mm = &mm;
  for (const double tilt : {0.0, 0.3}) {
    std::vector<PatientContour> drawn;
    for (int x = 5; x <= 35; ++x) {
      PatientContour c = disc(0, 0, 9, 0, 360);
      for (Vec3& p : c.points) p = {x + tilt * (p[0]), 20 + p[0], 13 + p[1]};
      drawn.push_back(c);
    }
    const LabelVolume mask = rasterise(drawn, grid, how).mask;
    for (std::int64_t z = 0; z < 10; ++z)
      for (std::int64_t y = 0; y < 41; ++y) {
        const double d = 9 - std::hypot(double(y) - 20, mm[std::size_t(z)] - 13);
        if (std::abs(d) < 0.05) continue;
        EXPECT_EQ(mask.at(20, y, z), d > 0) << z << " " << y << " " << tilt;
      }
  }
}

}  // namespace
}  // namespace anatomynet::geometry

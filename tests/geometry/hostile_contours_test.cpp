// Contours that no planning system draws: left out or cut, said, and never long.
#include <chrono>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geometry/contour_shapes.h"

namespace anatomynet::geometry {
namespace {

using test::disc;
using test::moved;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Grid grid = test::box_grid({64, 64, 10}, {1, 1, 3});
const PatientContour good = disc(30, 30, 12, 9);

// The seconds that it took. Minutes would be a fault; the limit only has to tell hours from seconds.
class Seconds : public testing::Test {
 protected:
  Seconds() : begin_(std::chrono::steady_clock::now()) {}
  void TearDown() override {
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    EXPECT_LT(s, 120);
  }

 private:
  std::chrono::steady_clock::time_point begin_;
};

using HostileContours = Seconds;

TEST_F(HostileContours, EachFaultIsCountedAndTheRestStays) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  struct Case {
    std::vector<Vec3> points;
    const char* said;
  };
  const Case cases[] = {
      {{}, "1 contour of fewer than 3 distinct points, left out"},
      {{{1, 1, 9}}, "fewer than 3"},
      {{{1, 1, 9}, {5, 5, 9}}, "fewer than 3"},
      {{{1, 1, 9}, {5, 5, 9}, {1, 1, 9}}, "fewer than 3"},
      {{{1, 1, 9}, {5, 5, 9}, {1, 1, 9}, {5, 5, 9}}, "without area"},
      {{{1, 1, 9}, {5, 5, 9}, {3, 3, 9}}, "without area"},
      {{{1, 1, 9}, {5, nan, 9}, {5, 1, 9}}, "missing or no numbers"},
      {{{1, 1, 9}, {5, INFINITY, 9}, {5, 1, 9}}, "missing or no numbers"},
      {{{1, 1, 9}, {1e30, 1, 9}, {5, 5, 9}}, "1 contour with coordinates beyond 1e9 mm, left out"},
      {{{1, 1, 9}, {5, 5, -1e30}, {5, 1, 9}}, "beyond 1e9 mm"},
      {disc(30, 30, 5, 90).points, "1 contour lies outside the image"},
      {disc(300, 30, 5, 9).points, "1 contour lies outside the image"},
      {disc(-1e8, 1e8, 5, 9).points, "1 contour lies outside the image"},
  };
  const auto alone = rasterise({good}, grid);
  EXPECT_THAT(alone.warnings, IsEmpty());
  for (const Case& c : cases) {
    const Rasterised out = rasterise({{c.points}, good}, grid);
    EXPECT_EQ(out.mask.voxels, alone.mask.voxels) << c.said;
    EXPECT_THAT(out.warnings, ElementsAre(HasSubstr(c.said)));
    const Rasterised by_itself = rasterise({{c.points}}, grid);
    EXPECT_EQ(test::voxels_in(by_itself.mask), 0) << c.said;
  }
}

TEST_F(HostileContours, WhatReachesBeyondTheImageIsCutAndSaid) {
  const Rasterised out = rasterise({disc(0, 30, 12, 9)}, grid);
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("1 contour reaches beyond the image; cut off there")));
  EXPECT_EQ(out.contours_outside, 0U);
  EXPECT_EQ(out.mask.at(0, 30, 3), 1);
  EXPECT_EQ(out.mask.at(11, 30, 3), 1);
}

TEST_F(HostileContours, AHundredThousandPoints) {
  const PatientContour fine = disc(30, 30, 12, 9, 100000);
  const Rasterised out = rasterise({fine, test::turned(fine, 54321, true)}, grid);
  EXPECT_EQ(test::wrong_voxels(out.mask, 1e-3,
                               [](const Vec3& p) {
                                 return std::abs(p[2] - 9) > 1 ? -1.0 : 12 - std::hypot(p[0] - 30, p[1] - 30);
                               }),
            0);
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("1 contour drawn twice")));
}

TEST_F(HostileContours, TheSamePointsAgainAndAgain) {
  // Bad for the search of a first vertex: no vertex is the least.
  PatientContour two{std::vector<Vec3>(200000)};
  for (std::size_t i = 0; i < two.points.size(); ++i) two.points[i] = {i % 2 ? 10.0 : 20.0, 10, 9};
  two.points.push_back({15, 30, 9});
  const Rasterised out = rasterise({two}, grid);
  EXPECT_EQ(out.contours_used, 1U);
}

TEST_F(HostileContours, CopiesByTheThousandOnOneSlice) {
  std::vector<PatientContour> copies(20000, disc(30, 30, 12, 9, 12));
  for (std::size_t i = 0; i < copies.size(); ++i) copies[i] = moved(copies[i], 0, 0, 1e-5 * double(i));
  const Rasterised out = rasterise(copies, grid);
  EXPECT_EQ(out.mask.voxels, rasterise({disc(30, 30, 12, 9, 12)}, grid).mask.voxels);
  EXPECT_THAT(out.warnings, ElementsAre(HasSubstr("19999 contours drawn twice")));
}

TEST_F(HostileContours, CrowdsOnOneSliceAreBounded) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> place(0, 64);
  std::vector<PatientContour> crowd;
  for (int i = 0; i < 60000; ++i)
    crowd.push_back({{{place(random), place(random), 9},
                      {place(random), place(random), 9},
                      {place(random), place(random), 9}}});
  const Rasterised out = rasterise(crowd, grid);
  EXPECT_THAT(out.warnings, Contains(HasSubstr("too many of them to look for repeats")));
  EXPECT_EQ(rasterise({crowd.rbegin(), crowd.rend()}, grid).mask.voxels, out.mask.voxels);
}

TEST_F(HostileContours, ZigzagsAreBounded) {
  PatientContour zigzag;
  for (int i = 0; i < 2000000; ++i) zigzag.points.push_back({64.0 * i / 2e6, i % 2 ? 1000.0 : -1000.0, 9});
  zigzag.points.push_back({30, 2000, 9});
  std::vector<PatientContour> many;
  for (int i = 0; i < 3; ++i) many.push_back(moved(zigzag, 0, 0.001 * i, 3.0 * (i % 2)));
  many.push_back(moved(good, 0, 0, 9));
  const Rasterised out = rasterise(std::move(many), grid);
  EXPECT_THAT(out.warnings, Contains(HasSubstr("too many or too intricate, left out")));
  EXPECT_THAT(out.warnings, Contains(HasSubstr("too many of them to look for repeats")));
}

TEST_F(HostileContours, PlanesByTheThousandAndOrientationsWithoutEnd) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> place(0, 60);
  std::vector<PatientContour> crowd;
  for (int i = 0; i < 30000; ++i)
    crowd.push_back({{{place(random), place(random), place(random) / 2},
                      {place(random), place(random), place(random) / 2},
                      {place(random), place(random), place(random) / 2}}});
  const Rasterised tilted = rasterise(std::move(crowd), grid);
  EXPECT_THAT(tilted.warnings, Contains(HasSubstr("beyond the 256 orientations")));
  std::vector<PatientContour> planes;
  for (int i = 0; i < 100000; ++i) planes.push_back(disc(30, 30, 12, 3e4 * i / 1e5, 5));
  const Rasterised stacked = rasterise(std::move(planes), grid);
  EXPECT_THAT(stacked.warnings, Contains(HasSubstr("lie outside the image")));
}

}  // namespace
}  // namespace anatomynet::geometry

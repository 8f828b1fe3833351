#include "geometry/rasterise.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "common/grids.h"
#include "geometry/contours.h"
#include "geometry/masks.h"

namespace anatomynet::geometry {
namespace {

constexpr double pi = 3.14159265358979323846;

Grid grid_of(Size3 size, Vec3 spacing, Mat3 direction = Grid{}.direction, Vec3 origin = {-40, 17, -300}) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  grid.direction = direction;
  grid.origin = origin;
  return grid;
}

// A circle of radius r around c, in the plane of u and v.
PatientContour circle(const Vec3& c, double r, const Vec3& u, const Vec3& v, int points = 720) {
  PatientContour out;
  for (int i = 0; i < points; ++i) {
    const double a = 2 * pi * i / points;
    Vec3 p;
    for (std::size_t k = 0; k < 3; ++k) p[k] = c[k] + r * std::cos(a) * u[k] + r * std::sin(a) * v[k];
    out.points.push_back(p);
  }
  return out;
}

Vec3 column(const Mat3& m, std::size_t k) { return {m[0][k], m[1][k], m[2][k]}; }

// Every voxel at least half a voxel from the analytic border is as `inside` says; `signed_distance` in mm.
template <class Distance>
void expect_shape(const LabelVolume& mask, double tolerance_mm, const Distance& signed_distance) {
  std::int64_t wrong = 0, in = 0;
  for (std::int64_t z = 0; z < mask.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < mask.grid.size[0]; ++x) {
        const double d = signed_distance(mask.grid.to_world({double(x), double(y), double(z)}));
        in += mask.at(x, y, z);
        if (std::abs(d) > tolerance_mm && (d > 0) != (mask.at(x, y, z) == 1)) ++wrong;
      }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(in, 0);
}

TEST(Rasterise, DiscRingAndIslandsOnAnyGrid) {
  std::vector<Mat3> directions = test::axis_directions();
  directions.push_back(test::rotation(0.3, -0.2, 0.5));
  for (const Mat3& m : directions) {
    const Grid grid = grid_of({61, 47, 5}, {0.9, 1.3, 3}, m);
    const Vec3 u = column(m, 0), v = column(m, 1);
    const Vec3 c = grid.to_world({22.3, 21.8, 2}), island = grid.to_world({50.2, 20.1, 2});
    const Rasterised out =
        rasterise({circle(c, 14, u, v), circle(c, 6.5, u, v), circle(island, 5, v, u)}, grid);
    EXPECT_EQ(out.contours_used, 3U);
    EXPECT_TRUE(out.warnings.empty());
    // The circles are polygons of 720 corners: off by less than 1e-3 mm.
    expect_shape(out.mask, 1e-3, [&](const Vec3& p) {
      const Vec3 i = grid.to_index(p);
      if (std::abs(i[2] - 2) > 0.25) return -1.0;
      const double ring = std::min(14 - test::distance(p, c), test::distance(p, c) - 6.5);
      return std::max(ring, 5 - test::distance(p, island));
    });
  }
}

TEST(Rasterise, KeyholeIsARing) {
  const Grid grid = grid_of({40, 40, 1}, {1, 1, 3});
  LabelVolume ring(grid);
  for (std::int64_t y = 0; y < 40; ++y)
    for (std::int64_t x = 0; x < 40; ++x) {
      const double d = std::hypot(double(x) - 20, double(y) - 20);
      ring.at(x, y, 0) = d < 15 && d > 6;
    }
  std::vector<PatientContour> contours;
  for (const SliceContour& c : keyholed(trace_contours(ring, 1))) contours.push_back({to_patient(c, grid)});
  ASSERT_EQ(contours.size(), 1U);
  EXPECT_EQ(rasterise(contours, grid).mask.voxels, ring.voxels);
}

TEST(Rasterise, ObliqueStackIsACylinder) {
  // Discs stacked along a tilted axis, 2 mm apart: a cylinder, cut off half a plane beyond its ends.
  const Grid grid = grid_of({70, 70, 40}, {1, 1, 1.5});
  for (const Mat3& m : {test::rotation(0.2, 0.5, 0.1), test::rotation(0.7, 1.2, -0.4)}) {
    const Vec3 u = column(m, 0), v = column(m, 1), n = column(m, 2), centre = test::box_centre(grid);
    std::vector<PatientContour> discs;
    for (int i = -5; i <= 5; ++i) {
      Vec3 c;
      for (std::size_t k = 0; k < 3; ++k) c[k] = centre[k] + 2.0 * i * n[k];
      discs.push_back(circle(c, 12, u, v));
    }
    const Rasterised out = rasterise(discs, grid);
    EXPECT_TRUE(out.warnings.empty());
    expect_shape(out.mask, 1e-2, [&](const Vec3& p) {
      const Vec3 d{p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]};
      const double t = d[0] * n[0] + d[1] * n[1] + d[2] * n[2];
      const double r = std::sqrt(std::max(0.0, d[0] * d[0] + d[1] * d[1] + d[2] * d[2] - t * t));
      return std::min(12 - r, 11 - std::abs(t));
    });
  }
}

TEST(Rasterise, SagittalContoursOnAnAxialGrid) {
  const Grid grid = grid_of({30, 40, 40}, {2, 1, 1});
  std::vector<PatientContour> discs;
  const Vec3 centre = grid.to_world({12, 20, 20});
  for (int i = -3; i <= 3; ++i)
    discs.push_back(circle({centre[0] + 2.0 * i, centre[1], centre[2]}, 9.3, {0, 1, 0}, {0, 0, 1}));
  expect_shape(rasterise(discs, grid).mask, 1e-3, [&](const Vec3& p) {
    return std::min(9.3 - std::hypot(p[1] - centre[1], p[2] - centre[2]), 7 - std::abs(p[0] - centre[0]));
  });
}

TEST(Rasterise, ContoursBetweenSlicesKeepTheirVolume) {
  // Planes half-way between slices, at the slices' own distance: as many slices as planes.
  const Grid grid = grid_of({30, 30, 20}, {1, 1, 3});
  std::vector<PatientContour> discs;
  for (int i = 0; i < 6; ++i)
    discs.push_back(circle(grid.to_world({15, 15, 5.5 + i}), 8.2, {1, 0, 0}, {0, 1, 0}));
  const Rasterised out = rasterise(discs, grid);
  std::int64_t slices = 0;
  for (std::int64_t z = 0; z < 20; ++z) slices += out.mask.at(15, 15, z);
  EXPECT_EQ(slices, 6);
  // Planes 5 mm apart on slices 3 mm apart: 30 mm in all, to a slice.
  discs.clear();
  const Vec3 base = grid.to_world({15, 15, 2});
  for (int i = 0; i < 6; ++i)
    discs.push_back(circle({base[0], base[1], base[2] + 5.0 * i}, 8.2, {1, 0, 0}, {0, 1, 0}));
  const Rasterised coarse = rasterise(discs, grid);
  slices = 0;
  for (std::int64_t z = 0; z < 20; ++z) slices += coarse.mask.at(15, 15, z);
  EXPECT_EQ(slices, 10);
}

TEST(Rasterise, PlanesThatRoundingPartedAreOneSlice) {
  // The hole of a ring lies 0.2 mm above its outline: still a hole.
  const Grid grid = grid_of({30, 30, 5}, {1, 1, 3});
  const Vec3 c = grid.to_world({15, 15, 2});
  const Rasterised out = rasterise(
      {circle(c, 10, {1, 0, 0}, {0, 1, 0}), circle({c[0], c[1], c[2] + 0.2}, 5, {1, 0, 0}, {0, 1, 0})}, grid);
  expect_shape(out.mask, 1e-3, [&](const Vec3& p) {
    if (std::abs(p[2] - c[2]) > 1) return -1.0;
    return std::min(10 - test::distance(p, c), test::distance(p, c) - 5);
  });
}

TEST(Rasterise, CrowdsOfRandomContoursEnd) {
  // Thousands of orientations: each filled, none with a volume of its own.
  const Grid grid = grid_of({120, 120, 100}, {1, 1, 1}, Grid{}.direction, {0, 0, 0});
  std::vector<PatientContour> crowd;
  unsigned state = 7;
  const auto random = [&] {
    return double((state = state * 1664525U + 1013904223U) >> 8) / 16777216.0 * 100;
  };
  for (int i = 0; i < 1000; ++i)
    crowd.push_back({{{random(), random(), random()},
                      {random(), random(), random()},
                      {random(), random(), random()},
                      {random(), random(), random()}}});
  const Rasterised out = rasterise(crowd, grid);
  EXPECT_EQ(out.contours_used, 1000U);
  EXPECT_FALSE(out.warnings.empty());
}

TEST(Rasterise, GapsStayOrAreInterpolated) {
  const Grid grid = grid_of({40, 40, 12}, {1, 1, 2});
  const auto disc = [&](double z, double r) {
    return circle(grid.to_world({20, 20, z}), r, {1, 0, 0}, {0, 1, 0});
  };
  const std::vector<PatientContour> cone{disc(2, 16), disc(6, 8), disc(7, 6)};
  const Rasterised left = rasterise(cone, grid);
  for (const std::int64_t z : {1, 3, 4, 5, 8}) EXPECT_EQ(left.mask.at(20, 20, z), 0) << z;
  const Rasterised filled = rasterise(cone, grid, {Inclusion::centre, SliceGaps::interpolate});
  for (const std::int64_t z : {3, 4, 5}) {
    const double r = 16 - 2 * double(z - 2);
    double voxels = 0;
    for (std::int64_t y = 0; y < 40; ++y)
      for (std::int64_t x = 0; x < 40; ++x) voxels += filled.mask.at(x, y, z);
    EXPECT_NEAR(std::sqrt(voxels / pi), r, 0.5) << z;
  }
  EXPECT_EQ(filled.mask.at(20, 20, 1), 0);
  EXPECT_EQ(filled.mask.at(20, 20, 8), 0);
  EXPECT_EQ(filled.mask.at(20 + 15, 20, 2), 1);  // contoured slices stay
}

TEST(Rasterise, HalfCovered) {
  const Grid grid = grid_of({20, 20, 1}, {1, 1, 3}, Grid{}.direction, {0, 0, 0});
  // A box from 4.6 to 9.6: voxel 5 is covered by 0.9, 9 and 10 by 1 and 0.1, 4 not at all... by centre the
  // same.
  const auto box = [](double x0, double y0, double x1, double y1) {
    return PatientContour{{{x0, y0, 0}, {x1, y0, 0}, {x1, y1, 0}, {x0, y1, 0}}};
  };
  const RasteriseOptions half{Inclusion::half_covered, SliceGaps::leave};
  const LabelVolume a = rasterise({box(4.6, 4.6, 9.6, 9.6)}, grid, half).mask;
  EXPECT_EQ(a.at(5, 5, 0), 1);
  EXPECT_EQ(a.at(4, 5, 0), 0);
  EXPECT_EQ(a.at(10, 5, 0), 0);
  EXPECT_EQ(a.at(9, 9, 0), 1);
  // A bar 0.6 wide between two rows of centres belongs to nobody by centre; where it covers 0.6 of a voxel it
  // counts.
  EXPECT_EQ(rasterise({box(2, 5.05, 12, 5.45)}, grid).mask.at(6, 5, 0), 0);
  EXPECT_EQ(rasterise({box(2, 4.85, 12, 5.45)}, grid, half).mask.at(6, 5, 0), 1);
  EXPECT_EQ(rasterise({box(2, 5.05, 12, 5.45)}, grid, half).mask.at(6, 5, 0), 0);
  // A thin sliver over centres is in by centre and out by coverage.
  EXPECT_EQ(rasterise({box(2, 4.9, 12, 5.1)}, grid).mask.at(6, 5, 0), 1);
  EXPECT_EQ(rasterise({box(2, 4.9, 12, 5.1)}, grid, half).mask.at(6, 5, 0), 0);
  // The covered area of a disc comes out: half-covered voxels balance.
  const LabelVolume disc = rasterise({circle({9.7, 9.2, 0}, 7.3, {1, 0, 0}, {0, 1, 0})}, grid, half).mask;
  double area = 0;
  for (const auto v : disc.voxels) area += v;
  EXPECT_NEAR(area, pi * 7.3 * 7.3, 3);
}

TEST(Rasterise, MasksComeBackExactlyOnAnyGrid) {
  unsigned seed = 0;
  for (const Mat3& m : test::axis_directions()) {
    LabelVolume mask = test::random_mask(++seed, 13, 11, 4, 0.4);
    mask.grid.direction = test::product(m, test::rotation(0.01 * seed, 0, 0.02));
    mask.grid.spacing = {0.7, 2.1, 3};
    mask.grid.origin = {-250.5, 311, 900};
    std::vector<PatientContour> contours;
    for (const SliceContour& c : trace_contours(mask, 1)) contours.push_back({to_patient(c, mask.grid)});
    EXPECT_EQ(rasterise(contours, mask.grid).mask.voxels, mask.voxels);
  }
}

TEST(Rasterise, FigureOfEightFillsBothLoops) {
  const Grid grid = grid_of({30, 20, 1}, {1, 1, 1}, Grid{}.direction, {0, 0, 0});
  const LabelVolume mask = rasterise({{{{2, 2, 0}, {27, 17, 0}, {27, 2, 0}, {2, 17, 0}}}}, grid).mask;
  EXPECT_EQ(mask.at(4, 9, 0), 1);
  EXPECT_EQ(mask.at(25, 9, 0), 1);
  EXPECT_EQ(mask.at(14, 4, 0), 0);
  EXPECT_EQ(mask.at(14, 15, 0), 0);
}

TEST(Rasterise, LeavesBadContoursOutAndSaysSo) {
  const Grid grid = grid_of({20, 20, 3}, {1, 1, 1}, Grid{}.direction, {0, 0, 0});
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const PatientContour good = circle({10, 10, 1}, 5, {1, 0, 0}, {0, 1, 0});
  const std::vector<PatientContour> bad{{{}},
                                        {{{1, 1, 1}}},
                                        {{{1, 1, 1}, {5, 5, 1}}},
                                        {{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
                                        {{{1, 1, 1}, {5, nan, 1}, {5, 1, 1}}},
                                        {{{1, 1, 1}, {5, inf, 1}, {5, 1, 1}}},
                                        {{{1, 1, 1}, {2, 2, 1}, {3, 3, 1}}}};
  std::vector<PatientContour> all = bad;
  all.push_back(good);
  const Rasterised out = rasterise(all, grid), alone = rasterise({good}, grid);
  EXPECT_EQ(out.mask.voxels, alone.mask.voxels);
  EXPECT_EQ(out.contours_used, 1U);
  ASSERT_EQ(out.warnings.size(), 3U);
  EXPECT_NE(out.warnings[0].find("4 contours of fewer than 3"), std::string::npos) << out.warnings[0];
  EXPECT_NE(out.warnings[1].find("2 contours with coordinates"), std::string::npos) << out.warnings[1];
  EXPECT_NE(out.warnings[2].find("1 contour without area"), std::string::npos) << out.warnings[2];

  const Rasterised away = rasterise(
      {circle({10, 10, 80}, 5, {1, 0, 0}, {0, 1, 0}), circle({1e8, 10, 1}, 5, {1, 0, 0}, {0, 1, 0})}, grid);
  EXPECT_EQ(std::count(away.mask.voxels.begin(), away.mask.voxels.end(), 1), 0);
  ASSERT_EQ(away.warnings.size(), 1U);
  EXPECT_NE(away.warnings[0].find("2 contours lie outside"), std::string::npos) << away.warnings[0];
  // Half in, half out: the part inside.
  EXPECT_EQ(rasterise({circle({0, 10, 1}, 5, {1, 0, 0}, {0, 1, 0})}, grid).mask.at(2, 10, 1), 1);
}

}  // namespace
}  // namespace anatomynet::geometry

#include "geometry/rasterise_uneven.h"

#include <cmath>

#include <gtest/gtest.h>

#include "common/grids.h"

namespace anatomynet::geometry {
namespace {

constexpr double pi = 3.14159265358979323846;

UnevenSlices slices_of(const Mat3& direction, const std::vector<double>& gaps) {
  std::vector<double> mm{0};
  for (const double gap : gaps) mm.push_back(mm.back() + gap);
  return {
      Grid{.size = {81, 75, 1}, .spacing = {0.9, 1, 1}, .origin = {-40, 17, -300}, .direction = direction},
      mm};
}

Vec3 column(const Mat3& m, std::size_t k) { return {m[0][k], m[1][k], m[2][k]}; }

PatientContour circle(const Vec3& c, double r, const Vec3& u, const Vec3& v) {
  PatientContour out;
  for (int i = 0; i < 360; ++i) {
    Vec3 p;
    for (std::size_t k = 0; k < 3; ++k)
      p[k] = c[k] + r * std::cos(pi * i / 180) * u[k] + r * std::sin(pi * i / 180) * v[k];
    out.points.push_back(p);
  }
  return out;
}

// A ball's contours on the slices on which it is.
std::vector<PatientContour> ball(const UnevenSlices& slices, const Vec3& centre, double radius) {
  std::vector<PatientContour> contours;
  const Mat3& d = slices.even().direction;
  for (std::int64_t z = 0; z < slices.count(); ++z) {
    Grid slice = slices.even();
    slice.origin = slices.origin_of(z);
    const Vec3 index = slice.to_index(centre);
    const double off = index[2] * slice.spacing[2];
    if (std::abs(off) < radius)
      contours.push_back(circle(slice.to_world({index[0], index[1], 0}),
                                std::sqrt(radius * radius - off * off), column(d, 0), column(d, 1)));
  }
  return contours;
}

std::vector<std::vector<double>> stacks() {
  std::vector<std::vector<double>> all(3);
  all[0].assign(12, 3);
  all[0].insert(all[0].end(), 8, 5);
  for (int i = 0; i < 60; ++i) all[1].push_back(i * i % 7 < 3 ? 1 : 1.5);
  all[2].assign(6, 7);
  all[2].insert(all[2].end(), 9, 4);
  return all;
}

TEST(RasteriseUneven, FillsEachSliceOnlyAndLosesNone) {
  constexpr double radius = 24;
  for (const std::vector<double>& gaps : stacks())
    for (const Mat3& direction :
         {Grid{}.direction, test::rotation(0.3, -0.2, 0.5), test::axis_directions()[17]}) {
      const UnevenSlices slices = slices_of(direction, gaps);
      const double middle = slices.positions().mm.back() / 2 / slices.even().spacing[2];
      const Vec3 centre = slices.even().to_world({39.3, 36.8, middle});
      const Rasterised out = rasterise(ball(slices, centre, radius), slices);
      EXPECT_TRUE(out.warnings.empty());
      ASSERT_EQ(out.mask.grid.size, slices.even().size);
      const LabelVolume on_slices = slices.to_slices(out.mask);
      EXPECT_EQ(slices.to_even(on_slices).voxels, out.mask.voxels);
      std::int64_t wrong = 0;
      for (std::int64_t z = 0; z < slices.count(); ++z) {
        Grid slice = slices.even();
        slice.origin = slices.origin_of(z);
        for (std::int64_t y = 0; y < 75; ++y)
          for (std::int64_t x = 0; x < 81; ++x) {
            const double depth = radius - test::distance(slice.to_world({double(x), double(y), 0}), centre);
            if (std::abs(depth) > 0.01) wrong += (depth > 0) != (on_slices.at(x, y, z) == 1);
          }
      }
      EXPECT_EQ(wrong, 0);
      // Slabs integrate a ball as the trapezoid rule does: (slab / radius)^2 / 4 at most.
      const double ml = 4.0 / 3 * pi * radius * radius * radius / 1000;
      EXPECT_NEAR(slices.volumes_ml(out.mask)[1] / ml, 1, gaps[0] > 5 ? 0.025 : 0.012);
    }
}

// Drawn on a sagittal or coronal reconstruction.
TEST(RasteriseUneven, TakesContoursAcrossTheSlices) {
  const UnevenSlices slices = slices_of(Grid{}.direction, stacks()[0]);
  std::vector<PatientContour> contours;
  const Vec3 centre = slices.even().to_world({40, 37, 13});
  for (int y = -10; y <= 10; ++y)
    contours.push_back(
        circle({centre[0], centre[1] + y, centre[2]}, std::sqrt(18.0 * 18 - y * y), {1, 0, 0}, {0, 0, 1}));
  const Rasterised out = rasterise(contours, slices);
  EXPECT_EQ(out.contours_used, contours.size());
  EXPECT_EQ(slices.to_even(slices.to_slices(out.mask)).voxels, out.mask.voxels);
  for (std::int64_t z = 0; z < slices.count(); ++z) {
    const double off = slices.origin_of(z)[2] - centre[2];
    const bool in = slices.to_slices(out.mask).at(40, 37, z) == 1;
    if (std::abs(std::abs(off) - 18) > slices.even().spacing[2] / 2) {
      EXPECT_EQ(in, std::abs(off) < 18) << z;
    }
  }
}

}  // namespace
}  // namespace anatomynet::geometry

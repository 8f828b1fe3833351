#include <numbers>

#include <gtest/gtest.h>

#include "geometry/masks.h"

namespace anatomynet::geometry {
namespace {

using namespace test;

// An ellipse turned by an angle, its centre off the voxel grid; `level` is below 1 inside.
struct Ellipse {
  double x, y, a, b, angle;
  double level(double px, double py) const {
    const double c = std::cos(angle), s = std::sin(angle), dx = px - x, dy = py - y;
    return std::hypot((c * dx + s * dy) / a, (c * dy - s * dx) / b);
  }
  // to first order, which is enough near the outline
  double distance(double px, double py) const {
    const double step = 1e-4;
    const double gx = (level(px + step, py) - level(px - step, py)) / (2 * step);
    const double gy = (level(px, py + step) - level(px, py - step)) / (2 * step);
    return (level(px, py) - 1) / std::hypot(gx, gy);
  }
};

LabelVolume digitised(const Ellipse& shape) {
  Grid grid;
  grid.size = {64, 64, 1};
  LabelVolume mask(grid);
  for (std::int64_t y = 0; y < 64; ++y)
    for (std::int64_t x = 0; x < 64; ++x) mask.at(x, y, 0) = shape.level(double(x), double(y)) < 1;
  return mask;
}

// Root mean square distance of the outline from the ellipse, sampled along its edges.
double error_of(const std::vector<SliceContour>& contours, const Ellipse& shape) {
  double sum = 0, count = 0;
  for (const Edge& edge : edges_of(contours))
    for (int k = 0; k < 8; ++k) {
      const double t = k / 8.0, weight = std::hypot(edge.b[0] - edge.a[0], edge.b[1] - edge.a[1]);
      const double d =
          shape.distance(edge.a[0] + t * (edge.b[0] - edge.a[0]), edge.a[1] + t * (edge.b[1] - edge.a[1]));
      sum += weight * d * d;
      count += weight;
    }
  return std::sqrt(sum / count);
}

TEST(Smooth, ComesNearerToTheShapeThatWasDigitised) {
  double faithful_sum = 0, smooth_sum = 0;
  int shapes = 0;
  for (const double size : {4.0, 8.0, 15.0, 25.0})
    for (int k = 0; k < 8; ++k) {
      const Ellipse shape{31.3 + 0.11 * k, 30.8 - 0.07 * k, size, size * (0.6 + 0.05 * k), 0.4 * k};
      auto contours = trace_contours(digitised(shape), 1);
      ASSERT_EQ(contours.size(), 1u);
      const double faithful = error_of(contours, shape);
      smooth(contours, Grid{});
      const double smoothed = error_of(contours, shape);
      EXPECT_LT(smoothed, faithful) << "size " << size << ", " << k;
      EXPECT_NEAR(area(contours[0]), std::numbers::pi * shape.a * shape.b,
                  0.02 * std::numbers::pi * shape.a * shape.b + 2.5);
      faithful_sum += faithful;
      smooth_sum += smoothed;
      ++shapes;
    }
  RecordProperty("faithful_voxels", std::to_string(faithful_sum / shapes));
  RecordProperty("smooth_voxels", std::to_string(smooth_sum / shapes));
  EXPECT_LT(smooth_sum, 0.62 * faithful_sum) << smooth_sum / shapes << " and " << faithful_sum / shapes;
}

TEST(Smooth, RandomMasksStayExactSimpleAndApart) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const LabelVolume mask = random_mask(seed, 4 + seed % 11, 5 + seed % 9, 1, 0.45 + 0.05 * (seed % 10));
    for (const bool keyholes : {false, true}) {
      auto contours = trace_contours(mask, 1);
      if (keyholes) contours = keyholed(contours);
      smooth(contours, mask.grid, 10);
      EXPECT_EQ(faults(contours), 0) << "seed " << seed << ", keyholes " << keyholes;
      EXPECT_EQ(filled(contours, mask.grid).voxels, mask.voxels) << "seed " << seed;
      for (const auto& c : contours) EXPECT_GE(c.points.size(), 3u);
    }
  }
}

TEST(Smooth, AVoxelKeepsItsArea) {
  auto contours = trace_contours(drawn({"...", ".#.", "..."}), 1);
  smooth(contours, Grid{}, 0);
  ASSERT_EQ(contours.size(), 1u);
  EXPECT_NEAR(area(contours[0]), 1, 0.1);
}

TEST(Smooth, ASquaresEdgesStayWithinAQuarterOfAVoxel) {
  auto contours =
      trace_contours(drawn({"..........", ".########.", ".########.", ".########.", ".########.",
                            ".########.", ".########.", ".########.", ".########.", ".........."}),
                     1);
  smooth(contours, Grid{}, 0);
  for (const auto& p : contours[0].points)
    if (p[0] > 3.5 && p[0] < 5.5) {
      EXPECT_NEAR(std::abs(p[1] - 4.5), 4, 0.25);
    }
}

}  // namespace
}  // namespace anatomynet::geometry

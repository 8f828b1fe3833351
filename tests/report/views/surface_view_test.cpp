#include "report/views/surface_view.h"

#include <cmath>

#include <gtest/gtest.h>

#include "report/small_case.h"

namespace anatomynet::report {
namespace {

// Where a picture shows a hue: red or blue above both others.
struct Patch {
  double x = 0, y = 0;
  int count = 0;
};

Patch patch_of(const Canvas& canvas, int channel) {
  Patch patch;
  for (int y = 0; y < canvas.height(); ++y)
    for (int x = 0; x < canvas.width(); ++x) {
      const Colour c = canvas.at(x, y);
      if (c[channel] < 60 || c[(channel + 1) % 3] > c[channel] / 2 || c[(channel + 2) % 3] > c[channel] / 2)
        continue;
      patch.x += x;
      patch.y += y;
      ++patch.count;
    }
  patch.x /= patch.count;
  patch.y /= patch.count;
  return patch;
}

// A red ball at the patient's left, front and top, a blue one in the middle.
std::vector<ColouredSurface> two_balls() {
  const test::Case c = test::lopsided();
  std::vector<ColouredSurface> out;
  for (const Organ& organ : test::two_organs)
    out.push_back({organ.name, organ.colour, geometry::trace_surface(c.labels, organ.id)});
  return out;
}

TEST(SurfaceView, ShowsSidesAsTheyAreSeenFromThere) {
  const auto balls = two_balls();
  const auto offset = [&](ViewAngle angle) {
    const Canvas canvas = draw_surfaces(balls, angle, 200);
    const Patch red = patch_of(canvas, 0), blue = patch_of(canvas, 2);
    EXPECT_GT(red.count, 300);
    EXPECT_GT(blue.count, 300);
    return std::array{red.x - blue.x, red.y - blue.y};
  };
  const auto front = offset({0, 0}), left = offset({90, 0}), right = offset({-90, 0}),
             below = offset({0, -90}), above = offset({0, 90});
  EXPECT_GT(front[0], 20) << "left at the right";
  EXPECT_LT(front[1], -20) << "the head up";
  EXPECT_LT(left[0], -20) << "from the left the face looks left";
  EXPECT_GT(right[0], 20);
  EXPECT_GT(below[0], 20) << "as an axial slice";
  EXPECT_LT(below[1], -20);
  EXPECT_GT(above[1], 20);
  EXPECT_NEAR(front[0], -left[0], 3) << "the ball lies as far left as it lies in front";
}

TEST(SurfaceView, HidesWhatIsBehind) {
  auto balls = two_balls();
  for (auto& p : balls[0].surface.points) {  // behind the other
    p[0] -= 18;
    p[1] += 18 + 25;
    p[2] -= 20;
  }
  EXPECT_LT(patch_of(draw_surfaces(balls, {0, 0}, 200), 0).count, 30) << "a rim at most";
  EXPECT_GT(patch_of(draw_surfaces(balls, {180, 0}, 200), 0).count, 300);
}

TEST(SurfaceView, IsNotShrunkByOneVoxelFarAway) {
  test::Case c = test::lopsided();
  const auto surfaces = [&] {
    return std::vector<ColouredSurface>{{"Middle", {0, 0, 255}, geometry::trace_surface(c.labels, 9)}};
  };
  const int before = patch_of(draw_surfaces(surfaces(), {0, 0}, 200), 2).count;
  c.labels.at(1, 1, 19) = 9;
  const int after = patch_of(draw_surfaces(surfaces(), {0, 0}, 200), 2).count;
  EXPECT_GT(after, 0.8 * before);
  EXPECT_LT(after, 1.2 * before);
}

TEST(SurfaceView, OfNothingIsABlankPicture) {
  const Canvas canvas = draw_surfaces({}, {}, 40);
  EXPECT_EQ(canvas.width(), 40);
  EXPECT_EQ(canvas.at(20, 20), canvas.at(0, 0));
}

}  // namespace
}  // namespace anatomynet::report

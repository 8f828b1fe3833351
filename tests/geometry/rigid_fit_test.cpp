#include "geometry/rigid_fit.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace {

using namespace anatomynet;
using geometry::RigidMotion;

// About the axis (x, y, z), of any length, by an angle: Rodrigues' formula.
Mat3 turned(Vec3 axis, double angle) {
  const double n = std::sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
  for (double& v : axis) v /= n;
  const Mat3 cross{{{0, -axis[2], axis[1]}, {axis[2], 0, -axis[0]}, {-axis[1], axis[0], 0}}};
  Mat3 out{};
  for (int j = 0; j < 3; ++j)
    for (int k = 0; k < 3; ++k)
      out[j][k] = (j == k ? std::cos(angle) : 0) + (1 - std::cos(angle)) * axis[j] * axis[k] +
                  std::sin(angle) * cross[j][k];
  return out;
}

void expect_near(const Vec3& a, const Vec3& b, double tolerance) {
  for (int k = 0; k < 3; ++k)
    EXPECT_TRUE(std::abs(a[k] - b[k]) <= tolerance) << k << ": " << a[k] << ", " << b[k];
}

TEST(RigidFit, FindsTheMotionOfThreeOrMorePoints) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> mm(-60, 60), angle(-3.1, 3.1);
  for (int round = 0; round < 200; ++round) {
    const RigidMotion truth{turned({mm(random), mm(random), mm(random)}, angle(random)),
                            {mm(random), 10 * mm(random), mm(random)}};
    std::vector<Vec3> from, to;
    for (int i = 0; i < 3 + round % 4; ++i) {
      from.push_back({mm(random), mm(random), mm(random)});
      to.push_back(truth(from.back()));
    }
    const RigidMotion found = geometry::rigid_fit(from, to);
    const Vec3 elsewhere{mm(random), mm(random), mm(random)};
    expect_near(found(elsewhere), truth(elsewhere), 1e-6);
  }
}

// Three points and their mirror image lie in one plane each, so a turn does it; four points in space do not.
TEST(RigidFit, NeverMirrors) {
  const std::vector<Vec3> from{{0, 0, 0}, {10, 0, 0}, {0, 20, 0}, {0, 0, 30}};
  std::vector<Vec3> to = from;
  for (Vec3& p : to) p[0] = -p[0];
  const Mat3 r = geometry::rigid_fit(from, to).rotation;
  const double determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                             r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                             r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  EXPECT_NEAR(determinant, 1, 1e-12);
}

// No small turn or shift of the fit is nearer to points that no motion meets.
TEST(RigidFit, IsTheLeastSquares) {
  std::mt19937 random(8);
  std::normal_distribution<double> noise(0, 3), mm(0, 40);
  std::vector<Vec3> from, to;
  for (int i = 0; i < 5; ++i) {
    from.push_back({mm(random), mm(random), mm(random)});
    to.push_back({from[i][1] + noise(random), -from[i][0] + noise(random), from[i][2] + noise(random)});
  }
  const RigidMotion best = geometry::rigid_fit(from, to);
  const auto squares = [&](const Mat3& turn, const Vec3& shift) {
    double sum = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const Vec3 at = best(RigidMotion{turn, shift}(from[i]));
      for (int k = 0; k < 3; ++k) sum += (at[k] - to[i][k]) * (at[k] - to[i][k]);
    }
    return sum;
  };
  const double least = squares(turned({1, 0, 0}, 0), {});
  for (int axis = 0; axis < 3; ++axis)
    for (const double step : {-0.01, 0.01}) {
      Vec3 along{};
      along[axis] = 1;
      EXPECT_GT(squares(turned(along, step), {}), least);
      along[axis] = step;
      EXPECT_GT(squares(turned({1, 0, 0}, 0), along), least);
    }
}

}  // namespace

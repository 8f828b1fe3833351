#include "geometry/affine_motion.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/vectors.h"

namespace {

using namespace anatomynet;
using geometry::AffineMotion;
using geometry::UprightSegment;

void expect_near(const Vec3& a, const Vec3& b, double tolerance) {
  for (std::size_t k = 0; k < 3; ++k) EXPECT_TRUE(std::abs(a[k] - b[k]) <= tolerance) << k << ": " << a[k];
}

double length(const Vec3& a) { return std::sqrt(dot(a, a)); }

class Random {
 public:
  Vec3 point() { return {mm_(generator_), mm_(generator_), mm_(generator_)}; }
  UprightSegment segment() { return {{point(), point()}, point()}; }

 private:
  std::mt19937 generator_{11};
  std::uniform_real_distribution<double> mm_{-60, 60};
};

// A point of the segment's own frame: along it in parts of its length, then up and sideways in mm.
Vec3 at(const UprightSegment& s, double part, double up_mm, double side_mm) {
  const Vec3 way = minus(s.ends[1], s.ends[0]), along = unit(way);
  const Vec3 side = unit(cross(along, s.up)), up = cross(side, along);
  Vec3 out = s.ends[0];
  for (std::size_t k = 0; k < 3; ++k) out[k] += part * way[k] + up_mm * up[k] + side_mm * side[k];
  return out;
}

TEST(StretchedOnto, BringsEndsToEndsAndKeepsLengthsAcross) {
  Random random;
  for (int round = 0; round < 200; ++round) {
    const UprightSegment from = random.segment(), to = random.segment();
    const AffineMotion motion = geometry::stretched_onto(from, to);
    expect_near(motion(from.ends[0]), to.ends[0], 1e-7);
    expect_near(motion(from.ends[1]), to.ends[1], 1e-7);
    expect_near(motion(at(from, 0.3, 5, -7)), at(to, 0.3, 5, -7), 1e-7);
  }
}

TEST(StretchedOnto, NeverMirrors) {
  Random random;
  for (int round = 0; round < 50; ++round) {
    const Mat3 m = geometry::stretched_onto(random.segment(), random.segment()).matrix;
    EXPECT_GT(dot(m[0], cross(m[1], m[2])), 0);
  }
}

TEST(AffineMotion, ComesBack) {
  Random random;
  for (int round = 0; round < 200; ++round) {
    const AffineMotion motion = geometry::stretched_onto(random.segment(), random.segment());
    const Vec3 p = random.point();
    expect_near(inverse(motion)(motion(p)), p, 1e-7);
    expect_near(motion(inverse(motion)(p)), p, 1e-6 * (1 + length(motion.shift)));
  }
}

TEST(AffineMotion, OfARigidOneIsTheSame) {
  const double c = std::cos(0.4), s = std::sin(0.4);
  const geometry::RigidMotion rigid{{{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}}, {3, -200, 40}};
  expect_near(AffineMotion(rigid)({7, 8, 9}), rigid({7, 8, 9}), 0);
}

}  // namespace

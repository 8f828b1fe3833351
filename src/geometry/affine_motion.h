#pragma once
#include <array>

#include "geometry/rigid_fit.h"

namespace anatomynet::geometry {

/// A linear map and then a shift: to = matrix * from + shift.
struct AffineMotion {
  Mat3 matrix{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};  ///< [row][column]
  Vec3 shift{};

  AffineMotion() = default;
  AffineMotion(const RigidMotion& motion) : matrix(motion.rotation), shift(motion.shift) {}
  AffineMotion(const Mat3& m, const Vec3& by) : matrix(m), shift(by) {}

  Vec3 operator()(const Vec3& point) const;
};

/// The motion back. The matrix is not singular.
AffineMotion inverse(const AffineMotion& motion);

/// Two points and a direction that is not along the line through them.
struct UprightSegment {
  std::array<Vec3, 2> ends{};
  Vec3 up{0, 0, 1};
};

/// Brings the ends of one segment to those of the other and its up side up: turned, and stretched along the
/// segment alone, so that across it lengths stay.
AffineMotion stretched_onto(const UprightSegment& from, const UprightSegment& to);

}  // namespace anatomynet::geometry

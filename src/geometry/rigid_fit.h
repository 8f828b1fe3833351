#pragma once
#include <vector>

#include "core/grid.h"

namespace anatomynet::geometry {

/// A rotation and then a shift: to = rotation * from + shift.
struct RigidMotion {
  Mat3 rotation{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};  ///< [row][column], no reflection
  Vec3 shift{};

  Vec3 operator()(const Vec3& point) const;
};

/// The motion that brings `from` nearest to `to`, point by point, in the least squares (Horn, J Opt Soc Am A
/// 4:629-642, 1987: the quaternion of the largest eigenvalue). At least three points that are not on a line,
/// as many of each, else the motion is one of several.
RigidMotion rigid_fit(const std::vector<Vec3>& from, const std::vector<Vec3>& to);

}  // namespace anatomynet::geometry

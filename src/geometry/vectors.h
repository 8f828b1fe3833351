#pragma once
#include "core/grid.h"

// Vector arithmetic in mm. Internal to the geometry module.
namespace anatomynet::geometry {

inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

inline Vec3 scaled(const Vec3& a, double s) { return {a[0] * s, a[1] * s, a[2] * s}; }
inline Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

/// Unit vector along an index axis of the grid.
inline Vec3 axis_of(const Grid& grid, int k) {
  const auto c = static_cast<std::size_t>(k);
  return {grid.direction[0][c], grid.direction[1][c], grid.direction[2][c]};
}

}  // namespace anatomynet::geometry

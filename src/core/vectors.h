#pragma once
#include <cmath>

#include "core/grid.h"
#include "core/names.h"

// Vector arithmetic, in mm or without a unit.
namespace anatomynet::core {

inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

inline Vec3 scaled(const Vec3& a, double s) { return {a[0] * s, a[1] * s, a[2] * s}; }
inline Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

/// `a`, which is not zero, at length 1.
inline Vec3 unit(const Vec3& a) {
  const double n = std::sqrt(dot(a, a));
  return {a[0] / n, a[1] / n, a[2] / n};
}

/// Unit vector along an index axis of the grid.
inline Vec3 axis_of(const Grid& grid, int k) {
  const auto c = static_cast<std::size_t>(k);
  return {grid.direction[0][c], grid.direction[1][c], grid.direction[2][c]};
}

}  // namespace anatomynet::core

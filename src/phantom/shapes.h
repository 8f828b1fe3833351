#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

/// Solids as distance functions: mm to the surface, negative inside. Distances of ellipsoids and of blends
/// are first-order: right near the surface, where they matter.
namespace anatomynet::phantom {

struct V3 {
  float x = 0, y = 0, z = 0;
};

inline V3 operator+(V3 a, V3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline V3 operator-(V3 a, V3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline V3 operator*(V3 a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline V3 operator*(V3 a, V3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline float dot(V3 a, V3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline float length(V3 a) { return std::sqrt(dot(a, a)); }
inline float lerp(float a, float b, float t) { return a + (b - a) * t; }
inline V3 lerp(V3 a, V3 b, float t) { return a + (b - a) * t; }

/// 0 below `from`, 1 above `to`, smooth between (either order of the two).
inline float ramp(float x, float from, float to) {
  const float t = std::clamp((x - from) / (to - from), 0.f, 1.f);
  return t * t * (3 - 2 * t);
}

inline float ellipsoid(V3 p, V3 centre, V3 radii) {
  const V3 inverse{1 / radii.x, 1 / radii.y, 1 / radii.z};
  const V3 a = (p - centre) * inverse;
  const float k = length(a), gradient = length(a * inverse);
  return gradient < 1e-6f ? -std::min({radii.x, radii.y, radii.z}) : k * (k - 1) / gradient;
}

/// Distance to the ellipse in the x-y plane (negative inside).
inline float ellipse(float x, float y, float rx, float ry) {
  const float ax = x / rx, ay = y / ry;
  const float k = std::hypot(ax, ay), gradient = std::hypot(ax / rx, ay / ry);
  return gradient < 1e-6f ? -std::min(rx, ry) : k * (k - 1) / gradient;
}

/// A rod with round ends whose radius runs from ra at a to rb at b.
inline float rod(V3 p, V3 a, V3 b, float ra, float rb) {
  const V3 axis = b - a, q = p - a;
  const float t = std::clamp(dot(q, axis) / dot(axis, axis), 0.f, 1.f);
  return length(q - axis * t) - lerp(ra, rb, t);
}

/// A flat box in two distances (from the middle line or plane) with rounded corners.
inline float slab(float u, float v, float half_u, float half_v, float round) {
  const float a = std::abs(u) - half_u + round, b = std::abs(v) - half_v + round;
  return std::hypot(std::max(a, 0.f), std::max(b, 0.f)) + std::min(std::max(a, b), 0.f) - round;
}

inline float box(V3 p, V3 centre, V3 half, float round) {
  const V3 q = p - centre;
  const V3 a{std::abs(q.x) - half.x + round, std::abs(q.y) - half.y + round, std::abs(q.z) - half.z + round};
  const V3 out{std::max(a.x, 0.f), std::max(a.y, 0.f), std::max(a.z, 0.f)};
  return length(out) + std::min(std::max({a.x, a.y, a.z}), 0.f) - round;
}

/// Union whose crease is filled over about `blend` mm.
inline float join(float a, float b, float blend) {
  const float h = std::max(blend - std::abs(a - b), 0.f) / blend;
  return std::min(a, b) - h * h * blend * 0.25f;
}

/// Intersection with the same rounding.
inline float meet(float a, float b, float blend) { return -join(-a, -b, blend); }

/// Smooth noise in [-1, 1] with cells of 1: a hashed lattice, interpolated.
float lattice_noise(V3 p, std::uint32_t seed);

}  // namespace anatomynet::phantom

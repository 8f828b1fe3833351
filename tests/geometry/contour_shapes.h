#pragma once
#include <algorithm>
#include <cmath>
#include <random>

#include "geometry/rasterise.h"

// Drawn shapes with known insides. Internal to the tests of contours.
namespace anatomynet::test {

inline Grid box_grid(Size3 size, Vec3 spacing, Vec3 origin = {0, 0, 0}) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  grid.origin = origin;
  return grid;
}

inline geometry::PatientContour rectangle(double x0, double y0, double x1, double y1, double z) {
  return {{{x0, y0, z}, {x1, y0, z}, {x1, y1, z}, {x0, y1, z}}};
}

inline geometry::PatientContour disc(double x, double y, double r, double z, int points = 360) {
  geometry::PatientContour out;
  for (int i = 0; i < points; ++i) {
    const double a = 2 * 3.14159265358979323846 * i / points;
    out.points.push_back({x + r * std::cos(a), y + r * std::sin(a), z});
  }
  return out;
}

/// The same polygon from another vertex, and the other way round.
inline geometry::PatientContour turned(geometry::PatientContour contour, std::size_t first, bool reverse) {
  auto& p = contour.points;
  std::rotate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(first % p.size()), p.end());
  if (reverse) std::reverse(p.begin(), p.end());
  return contour;
}

inline geometry::PatientContour moved(geometry::PatientContour contour, double x, double y, double z) {
  for (Vec3& p : contour.points) p = {p[0] + x, p[1] + y, p[2] + z};
  return contour;
}

/// A star of random radii, which never crosses itself.
inline geometry::PatientContour blob(std::mt19937& random, double x, double y, double r, double z,
                                     int points = 40) {
  std::uniform_real_distribution<double> part(0.6, 1.2);
  geometry::PatientContour out = disc(x, y, 1, z, points);
  for (Vec3& p : out.points) {
    const double radius = r * part(random);
    p[0] = x + (p[0] - x) * radius;
    p[1] = y + (p[1] - y) * radius;
  }
  return out;
}

inline std::int64_t voxels_in(const LabelVolume& mask) {
  return std::count(mask.voxels.begin(), mask.voxels.end(), 1);
}

inline std::int64_t voxels_in_slice(const LabelVolume& mask, std::int64_t z) {
  const auto slice = mask.slice(z);
  return std::count(slice.begin(), slice.end(), 1);
}

/// Voxels at least `margin` mm from the border that are not as `signed_distance` (mm, positive inside) says.
template <class Distance>
std::int64_t wrong_voxels(const LabelVolume& mask, double margin, const Distance& signed_distance) {
  std::int64_t wrong = 0;
  for (std::int64_t z = 0; z < mask.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < mask.grid.size[1]; ++y)
      for (std::int64_t x = 0; x < mask.grid.size[0]; ++x) {
        const double d = signed_distance(mask.grid.to_world({double(x), double(y), double(z)}));
        if (std::abs(d) > margin && (d > 0) != (mask.at(x, y, z) == 1)) ++wrong;
      }
  return wrong;
}

}  // namespace anatomynet::test

#include <algorithm>
#include <cmath>

#include "core/vectors.h"
#include "geometry/surface_mesh.h"

namespace anatomynet::geometry::surface_steps {
namespace {

// Taubin's pair for a pass-band of 0.1: one step shrinks, the next swells by a little more.
constexpr double shrink = 0.5, swell = -0.53;

// Each point moves by `factor` towards the mean of its neighbours. An edge is met from both its triangles, in
// opposite directions, so each neighbour counts once.
void step(std::vector<Vec3>& points, const Mesh& mesh, double factor) {
  std::vector<Vec3> sum(points.size(), Vec3{});
  std::vector<int> count(points.size(), 0);
  for (const auto& t : mesh.triangles)
    for (int i = 0; i < 3; ++i) {
      const std::uint32_t a = t[i], b = t[(i + 1) % 3];
      for (int k = 0; k < 3; ++k) sum[a][k] += points[b][k];
      ++count[a];
    }
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int k = 0; k < 3; ++k) points[i][k] += factor * (sum[i][k] / count[i] - points[i][k]);
}

Vec3 cross_of(const std::vector<Vec3>& p, const std::array<std::uint32_t, 3>& t) {
  return cross(minus(p[t[1]], p[t[0]]), minus(p[t[2]], p[t[0]]));
}

double length_of(const Vec3& v) { return std::sqrt(dot(v, v)); }

std::vector<Vec3> in_mm(const Mesh& mesh, const Vec3& spacing) {
  std::vector<Vec3> points = mesh.points;
  for (Vec3& p : points)
    for (int k = 0; k < 3; ++k) p[k] *= spacing[k];
  return points;
}

}  // namespace

void smooth(Mesh& mesh, const Vec3& spacing, int rounds) {
  std::vector<Vec3> points = in_mm(mesh, spacing);
  for (int i = 0; i < rounds; ++i) {
    step(points, mesh, shrink);
    step(points, mesh, swell);
  }
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int k = 0; k < 3; ++k) {
      double& at = mesh.points[i][k];
      at = std::clamp(points[i][k] / spacing[k], at - 0.5, at + 0.5);
    }
}

void restore_volume(Mesh& mesh, const Vec3& spacing, double wanted) {
  for (int round = 0; round < 12; ++round) {
    const std::vector<Vec3> points = in_mm(mesh, spacing);
    std::vector<Vec3> normals(points.size(), Vec3{});
    double volume = 0, area = 0;
    for (const auto& t : mesh.triangles) {
      const Vec3 n = cross_of(points, t);
      for (int k = 0; k < 3; ++k) {
        volume += points[t[0]][k] * n[k] / 6;
        for (const std::uint32_t i : t) normals[i][k] += n[k];
      }
      area += length_of(n) / 2;
    }
    if (area == 0 || std::abs(wanted - volume) < 1e-3 * wanted) return;
    const double furthest = 0.5 * *std::min_element(spacing.begin(), spacing.end());  // tiny bodies overshoot
    const double shift = std::clamp((wanted - volume) / area, -furthest, furthest);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double length = length_of(normals[i]);
      for (int k = 0; length > 0 && k < 3; ++k)
        mesh.points[i][k] += shift * normals[i][k] / length / spacing[k];
    }
  }
}

}  // namespace anatomynet::geometry::surface_steps

#include "evaluation/surfels.h"

#include <cmath>
#include <map>
#include <vector>

#include "core/vectors.h"

namespace anatomynet::evaluation {
namespace {

using Point = std::array<int, 3>;  // in the cell, in half edges: corners are even, middles of edges odd
using Polygon = std::vector<Point>;

Point corner(int k) { return {(k & 1) * 2, (k >> 1 & 1) * 2, (k >> 2 & 1) * 2}; }

Point between(int a, int b) {
  const Point p = corner(a), q = corner(b);
  return {(p[0] + q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2};
}

// The surface's sections with the cell's faces, as the neighbours of each edge's middle.
std::map<Point, std::vector<Point>> sections(int code) {
  std::map<Point, std::vector<Point>> neighbours;
  const auto join = [&](const Point& a, const Point& b) {
    neighbours[a].push_back(b);
    neighbours[b].push_back(a);
  };
  for (int axis = 0; axis < 3; ++axis)
    for (int side = 0; side < 2; ++side) {
      const int u = 1 << (axis + 1) % 3, v = 1 << (axis + 2) % 3, base = side << axis;
      const std::array<int, 4> ring{base, base | u, base | u | v, base | v};
      const auto inside = [&](int i) { return (code >> ring[static_cast<std::size_t>(i & 3)] & 1) != 0; };
      const auto middle = [&](int i) {  // of the edge from ring i to ring i + 1
        return between(ring[static_cast<std::size_t>(i & 3)], ring[static_cast<std::size_t>((i + 1) & 3)]);
      };
      std::vector<int> cut;
      for (int i = 0; i < 4; ++i)
        if (inside(i) != inside(i + 1)) cut.push_back(i);
      if (cut.size() == 2) join(middle(cut[0]), middle(cut[1]));
      if (cut.size() == 4)
        for (int i = 0; i < 4; ++i)
          if (inside(i)) join(middle(i + 3), middle(i));
    }
  return neighbours;
}

std::vector<Polygon> polygons(int code) {
  const auto neighbours = sections(code);
  std::vector<Polygon> out;
  std::map<Point, bool> seen;
  for (const auto& [start, unused] : neighbours) {
    if (seen[start]) continue;
    Polygon polygon;
    for (const Point* at = &start; at != nullptr;) {
      polygon.push_back(*at);
      seen[*at] = true;
      const Point* next = nullptr;
      for (const Point& n : neighbours.at(*at))
        if (!seen[n]) next = &n;
      at = next;
    }
    out.push_back(std::move(polygon));
  }
  return out;
}

Vec3 half_cross(const Point& a, const Point& b, const Point& c) {
  Vec3 u{}, v{};
  for (std::size_t k = 0; k < 3; ++k) {
    u[k] = (b[k] - a[k]) / 2.0;
    v[k] = (c[k] - a[k]) / 2.0;
  }
  return scaled(cross(u, v), 0.5);
}

// Triangles as area vectors in the unit cube.
struct Triangles {
  double area = 0, squares = 0;
  std::vector<Vec3> normals;

  void add(const Vec3& n) {
    const double square = dot(n, n);
    area += std::sqrt(square);
    squares += square;
    normals.push_back(n);
  }
  void add(const Triangles& other) {
    for (const Vec3& n : other.normals) add(n);
  }
  bool better_than(const Triangles& other) const {
    constexpr double same = 1e-9;
    return area > other.area + same || (area > other.area - same && squares > other.squares + same);
  }
};

// The best cut of the corners first..last of a polygon: over all triangles on the edge first-last.
Triangles best_cut(const Polygon& polygon, std::size_t first, std::size_t last) {
  Triangles best;
  best.area = last - first < 2 ? 0 : -1;
  for (std::size_t k = first + 1; k < last; ++k) {
    Triangles cut = best_cut(polygon, first, k);
    cut.add(best_cut(polygon, k, last));
    cut.add(half_cross(polygon[first], polygon[k], polygon[last]));
    if (cut.better_than(best)) best = std::move(cut);
  }
  return best;
}

std::array<std::vector<Vec3>, 256> all_triangles() {
  std::array<std::vector<Vec3>, 256> table;
  for (int code = 1; code < 255; ++code) {
    int inside = 0;
    for (int k = 0; k < 8; ++k) inside += code >> k & 1;
    const bool complement = inside > 4 || (inside == 4 && (code & 1));
    Triangles all;
    for (const Polygon& polygon : polygons(complement ? 255 - code : code))
      all.add(best_cut(polygon, 0, polygon.size() - 1));
    table[static_cast<std::size_t>(code)] = all.normals;
  }
  return table;
}

}  // namespace

std::array<double, 256> surfel_areas(const Vec3& spacing) {
  static const auto triangles = all_triangles();
  std::array<double, 256> areas{};
  for (std::size_t code = 0; code < 256; ++code)
    for (const Vec3& n : triangles[code])
      areas[code] += std::hypot(n[0] * spacing[1] * spacing[2], n[1] * spacing[2] * spacing[0],
                                n[2] * spacing[0] * spacing[1]);
  return areas;
}

}  // namespace anatomynet::evaluation

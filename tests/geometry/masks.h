#pragma once
#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "geometry/contours.h"

namespace anatomynet::test {

/// Label 1 with probability `density` on a grid of that size, touching all borders.
inline LabelVolume random_mask(unsigned seed, std::int64_t nx, std::int64_t ny, std::int64_t nz,
                               double density) {
  Grid grid;
  grid.size = {nx, ny, nz};
  LabelVolume mask(grid);
  std::mt19937 random(seed);
  for (auto& v : mask.voxels) v = double(random()) < density * 4294967296.0 ? 1 : 0;
  return mask;
}

/// Rows of text: '#' is inside.
inline LabelVolume drawn(const std::vector<std::string>& rows) {
  Grid grid;
  grid.size = {static_cast<std::int64_t>(rows[0].size()), static_cast<std::int64_t>(rows.size()), 1};
  LabelVolume mask(grid);
  for (std::int64_t y = 0; y < grid.size[1]; ++y)
    for (std::int64_t x = 0; x < grid.size[0]; ++x) mask.at(x, y, 0) = rows[y][x] == '#';
  return mask;
}

inline LabelVolume filled(const std::vector<geometry::SliceContour>& contours, const Grid& grid) {
  LabelVolume out(grid);
  geometry::fill_contours(contours, out, 1);
  return out;
}

inline double area(const geometry::SliceContour& c) {
  double sum = 0;
  for (std::size_t i = 0; i < c.points.size(); ++i) {
    const auto &a = c.points[i], &b = c.points[(i + 1) % c.points.size()];
    sum += a[0] * b[1] - b[0] * a[1];
  }
  return sum / 2;
}

/// Point in polygon by winding number: an oracle that shares nothing with fill_contours' even-odd scan lines.
inline int winding(const geometry::SliceContour& c, double x, double y) {
  double turn = 0;
  for (std::size_t i = 0; i < c.points.size(); ++i) {
    const auto &a = c.points[i], &b = c.points[(i + 1) % c.points.size()];
    const double ax = a[0] - x, ay = a[1] - y, bx = b[0] - x, by = b[1] - y;
    turn += std::atan2(ax * by - ay * bx, ax * bx + ay * by);
  }
  return static_cast<int>(std::lround(turn / (2 * 3.14159265358979323846)));
}

struct Edge {
  std::array<double, 2> a, b;
  std::size_t contour, index, count;
};

inline std::vector<Edge> edges_of(const std::vector<geometry::SliceContour>& contours) {
  std::vector<Edge> edges;
  for (std::size_t c = 0; c < contours.size(); ++c) {
    const auto& p = contours[c].points;
    for (std::size_t i = 0; i < p.size(); ++i) edges.push_back({p[i], p[(i + 1) % p.size()], c, i, p.size()});
  }
  return edges;
}

inline double cross(const std::array<double, 2>& o, const std::array<double, 2>& a,
                    const std::array<double, 2>& b) {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}

/// Whether two closed segments share a point.
inline bool touch(const Edge& s, const Edge& t) {
  const auto on = [](const std::array<double, 2>& p, const Edge& e) {
    return cross(e.a, e.b, p) == 0 && std::min(e.a[0], e.b[0]) <= p[0] && p[0] <= std::max(e.a[0], e.b[0]) &&
           std::min(e.a[1], e.b[1]) <= p[1] && p[1] <= std::max(e.a[1], e.b[1]);
  };
  if (on(s.a, t) || on(s.b, t) || on(t.a, s) || on(t.b, s)) return true;
  return (cross(t.a, t.b, s.a) > 0) != (cross(t.a, t.b, s.b) > 0) &&
         (cross(s.a, s.b, t.a) > 0) != (cross(s.a, s.b, t.b) > 0);
}

/// Number of pairs of edges of one slice that meet anywhere but at the point neighbours share, or that fold
/// back.
inline int faults(const std::vector<geometry::SliceContour>& slice) {
  const auto edges = edges_of(slice);
  int count = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges[i].a == edges[i].b) ++count;
    for (std::size_t j = i + 1; j < edges.size(); ++j) {
      const Edge &s = edges[i], &t = edges[j];
      const bool follows = s.contour == t.contour && (s.index + 1) % s.count == t.index;
      const bool leads = s.contour == t.contour && (t.index + 1) % t.count == s.index;
      if (follows || leads) {
        const auto &before = follows ? s.a : t.a, &joint = follows ? s.b : t.b, &after = follows ? t.b : s.b;
        const double dot =
            (before[0] - joint[0]) * (after[0] - joint[0]) + (before[1] - joint[1]) * (after[1] - joint[1]);
        if (cross(joint, before, after) == 0 && dot > 0) ++count;
      } else if (touch(s, t)) {
        ++count;
      }
    }
  }
  return count;
}

}  // namespace anatomynet::test

#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/grid.h"

namespace anatomynet::test {

/// Direction matrix of a rotation by three angles (radians), about z, y and x; `mirrored` makes it
/// left-handed.
inline Mat3 rotation(double a, double b, double c, bool mirrored = false) {
  const double ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b), cc = std::cos(c),
               sc = std::sin(c);
  Mat3 m{{{ca * cb, ca * sb * sc - sa * cc, ca * sb * cc + sa * sc},
          {sa * cb, sa * sb * sc + ca * cc, sa * sb * cc - ca * sc},
          {-sb, cb * sc, cb * cc}}};
  if (mirrored)
    for (auto& row : m) row[1] = -row[1];
  return m;
}

/// All 48 direction matrices whose index axes run along patient axes.
inline std::vector<Mat3> axis_directions() {
  std::vector<Mat3> all;
  std::array<int, 3> order{0, 1, 2};
  do {
    for (int flips = 0; flips < 8; ++flips) {
      Mat3 m{};
      for (int k = 0; k < 3; ++k) m[order[k]][k] = (flips >> k & 1) ? -1 : 1;
      all.push_back(m);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

/// The matrix product: axis directions tilted by a rotation.
inline Mat3 product(const Mat3& a, const Mat3& b) {
  Mat3 m{};
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c)
      for (int k = 0; k < 3; ++k) m[r][c] += a[r][k] * b[k][c];
  return m;
}

inline double distance(const Vec3& a, const Vec3& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/// Centre of the grid's box, LPS mm.
inline Vec3 box_centre(const Grid& g) {
  return g.to_world({double(g.size[0] - 1) / 2, double(g.size[1] - 1) / 2, double(g.size[2] - 1) / 2});
}

}  // namespace anatomynet::test

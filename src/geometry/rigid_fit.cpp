#include "geometry/rigid_fit.h"

#include <array>
#include <cmath>

#include "core/vectors.h"

namespace anatomynet::geometry {
namespace {

using Vec4 = std::array<double, 4>;
using Mat4 = std::array<Vec4, 4>;

Vec3 mean_of(const std::vector<Vec3>& points) {
  Vec3 sum{};
  for (const Vec3& p : points)
    for (int k = 0; k < 3; ++k) sum[k] += p[k];
  return scaled(sum, 1 / static_cast<double>(points.size()));
}

// Turns rows and columns p and q of the symmetric `a` so that a[p][q] vanishes; `vectors` turns along.
void jacobi_turn(Mat4& a, Mat4& vectors, int p, int q) {
  if (a[p][q] == 0) return;
  const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::hypot(theta, 1)), c = 1 / std::hypot(t, 1),
               s = t * c;
  for (int k = 0; k < 4; ++k) {
    const double kp = a[k][p], kq = a[k][q];
    a[k][p] = c * kp - s * kq;
    a[k][q] = s * kp + c * kq;
  }
  for (int k = 0; k < 4; ++k) {
    const double pk = a[p][k], qk = a[q][k];
    a[p][k] = c * pk - s * qk;
    a[q][k] = s * pk + c * qk;
    const double vp = vectors[k][p], vq = vectors[k][q];
    vectors[k][p] = c * vp - s * vq;
    vectors[k][q] = s * vp + c * vq;
  }
}

// Of the largest eigenvalue of a symmetric matrix.
Vec4 first_eigenvector(Mat4 a) {
  constexpr int sweeps = 50;  // each squares what is left off the diagonal
  Mat4 vectors{};
  for (int k = 0; k < 4; ++k) vectors[k][k] = 1;
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (int p = 0; p < 3; ++p)
      for (int q = p + 1; q < 4; ++q) jacobi_turn(a, vectors, p, q);
  int best = 0;
  for (int k = 1; k < 4; ++k)
    if (a[k][k] > a[best][best]) best = k;
  return {vectors[0][best], vectors[1][best], vectors[2][best], vectors[3][best]};
}

Mat3 rotation_of(const Vec4& quaternion) {
  const auto [w, x, y, z] = quaternion;
  return {{{w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)},
           {2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)},
           {2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z}}};
}

}  // namespace

Vec3 RigidMotion::operator()(const Vec3& point) const {
  Vec3 out = shift;
  for (int k = 0; k < 3; ++k) out[k] += dot(rotation[k], point);
  return out;
}

RigidMotion rigid_fit(const std::vector<Vec3>& from, const std::vector<Vec3>& to) {
  const Vec3 from_mean = mean_of(from), to_mean = mean_of(to);
  Mat3 s{};  // sums of products, [from axis][to axis]
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Vec3 a = minus(from[i], from_mean), b = minus(to[i], to_mean);
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) s[j][k] += a[j] * b[k];
  }
  const Mat4 n{{{s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0]},
                {s[1][2] - s[2][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2]},
                {s[2][0] - s[0][2], s[0][1] + s[1][0], s[1][1] - s[0][0] - s[2][2], s[1][2] + s[2][1]},
                {s[0][1] - s[1][0], s[2][0] + s[0][2], s[1][2] + s[2][1], s[2][2] - s[0][0] - s[1][1]}}};
  RigidMotion motion{rotation_of(first_eigenvector(n)), {}};
  motion.shift = minus(to_mean, motion(from_mean));
  return motion;
}

}  // namespace anatomynet::geometry

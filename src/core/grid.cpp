#include "core/grid.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"

namespace anatomynet::core {
namespace {

Mat3 inverse(const Mat3& m) {
  const auto minor = [&](int r, int c) {
    const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double det = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
  Mat3 out{};
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) out[r][c] = minor(c, r) / det;
  return out;
}

// Wider than any scanner's image and any label map, narrow enough that no later product or resampled size
// overflows: a header that says otherwise is damaged.
constexpr double least_spacing = 1e-3, largest_spacing = 1e3, longest_side = 1e4,
                 farthest_origin = 1e6;  // mm
constexpr std::int64_t most_voxels = std::int64_t{1} << 40;

template <class Fail>
void check_limits(const Grid& grid, const Fail& fail) {
  std::int64_t voxels = 1;
  for (int k = 0; k < 3; ++k) {
    if (grid.size[k] > most_voxels / voxels)
      fail("impossible size, " + describe(grid) + "; the header is damaged");
    voxels *= grid.size[k];
  }
  for (int k = 0; k < 3; ++k) {
    const double side = double(grid.size[k]) * grid.spacing[k];
    if (!(grid.spacing[k] >= least_spacing && grid.spacing[k] <= largest_spacing && side <= longest_side))
      fail("impossible spacing, " + describe(grid) + "; expected 0.001 to 1000 mm and no side above 10 m");
    if (!(std::abs(grid.origin[k]) <= farthest_origin))
      fail("impossible origin, more than 1 km from the frame of reference's");
  }
}

}  // namespace

Vec3 Grid::to_world(const Vec3& index) const {
  Vec3 p = origin;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) p[r] += direction[r][c] * spacing[c] * index[c];
  return p;
}

Vec3 Grid::to_index(const Vec3& world) const {
  const Mat3 inv = inverse(direction);
  Vec3 index{};
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) index[r] += inv[r][c] * (world[c] - origin[c]);
    index[r] /= spacing[r];
  }
  return index;
}

void Grid::check(const std::string& what) const {
  const auto fail = [&](const std::string& why) { throw Error(ErrorKind::input, what + ": " + why); };
  for (int k = 0; k < 3; ++k) {
    if (size[k] < 1)
      fail("empty image: size " + std::to_string(size[k]) + " along axis " + std::to_string(k));
    if (!(std::isfinite(spacing[k]) && spacing[k] > 0))
      fail("voxel spacing must be positive and finite, in mm");
    if (!std::isfinite(origin[k])) fail("image origin is not finite");
  }
  check_limits(*this, fail);
  for (int a = 0; a < 3; ++a)
    for (int b = a; b < 3; ++b) {
      double dot = 0;
      for (int r = 0; r < 3; ++r) dot += direction[r][a] * direction[r][b];
      if (!(std::abs(dot - (a == b ? 1 : 0)) < 1e-3)) {
        fail(
            "image axes are not orthonormal (sheared or damaged direction matrix); resample to a regular "
            "grid first");
      }
    }
}

bool same_grid(const Grid& a, const Grid& b, double tolerance_mm) {
  if (a.size != b.size) return false;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index{};
    for (int k = 0; k < 3; ++k) index[k] = (corner >> k & 1) ? double(a.size[k] - 1) : 0.0;
    const Vec3 pa = a.to_world(index), pb = b.to_world(index);
    for (int k = 0; k < 3; ++k)
      if (!(std::abs(pa[k] - pb[k]) <= tolerance_mm)) return false;
  }
  return true;
}

std::string describe(const Grid& g) {
  char text[160];
  std::snprintf(text, sizeof text, "%lld x %lld x %lld voxels of %.4g x %.4g x %.4g mm", (long long)g.size[0],
                (long long)g.size[1], (long long)g.size[2], g.spacing[0], g.spacing[1], g.spacing[2]);
  return text;
}

bool Orientation::identity() const {
  return axis == std::array{0, 1, 2} && flipped == std::array{false, false, false};
}

Orientation nearest_orientation(const Grid& grid) {
  std::array<int, 3> order{0, 1, 2};
  Orientation best;
  double best_score = -1;
  do {
    double score = 0;
    for (int k = 0; k < 3; ++k) score += std::abs(grid.direction[k][order[k]]);
    if (score > best_score + 1e-9) {
      best_score = score;
      best.axis = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  for (int k = 0; k < 3; ++k) best.flipped[k] = grid.direction[k][best.axis[k]] < 0;
  return best;
}

Grid reoriented(const Grid& grid, const Orientation& orientation) {
  Grid out;
  Vec3 first{};
  for (int k = 0; k < 3; ++k) {
    const int a = orientation.axis[k];
    const double sign = orientation.flipped[k] ? -1 : 1;
    out.size[k] = grid.size[a];
    out.spacing[k] = grid.spacing[a];
    for (int r = 0; r < 3; ++r) out.direction[r][k] = sign * grid.direction[r][a];
    if (orientation.flipped[k]) first[a] = double(grid.size[a] - 1);
  }
  out.origin = grid.to_world(first);
  return out;
}

}  // namespace anatomynet::core

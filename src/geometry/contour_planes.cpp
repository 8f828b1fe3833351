#include "geometry/contour_planes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace anatomynet {
namespace {

constexpr double same_plane_mm = 0.1;
constexpr double least_area_mm2 = 1e-6;

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vec3 scaled(const Vec3& a, double s) { return {a[0] * s, a[1] * s, a[2] * s}; }
Vec3 minus(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

Vec3 axis(const Grid& grid, int k) {
  const auto c = static_cast<std::size_t>(k);
  return {grid.direction[0][c], grid.direction[1][c], grid.direction[2][c]};
}

// Twice the area, along the normal (Newell's sum): right also for polygons that are not quite planar.
Vec3 area_vector(const std::vector<Vec3>& p) {
  Vec3 sum{0, 0, 0};
  for (std::size_t i = 1; i + 1 < p.size(); ++i) {
    const Vec3 c = cross(minus(p[i], p[0]), minus(p[i + 1], p[0]));
    for (std::size_t k = 0; k < 3; ++k) sum[k] += c[k];
  }
  return sum;
}

// Least and largest coordinate along a direction.
std::array<double, 2> extent(const std::vector<Vec3>& points, const Vec3& along) {
  std::array<double, 2> e{INFINITY, -INFINITY};
  for (const Vec3& p : points) {
    const double t = dot(p, along);
    e = {std::min(e[0], t), std::max(e[1], t)};
  }
  return e;
}

std::vector<Vec3> without_repeats(const std::vector<Vec3>& points) {
  std::vector<Vec3> out;
  const auto same = [](const Vec3& a, const Vec3& b) {
    const Vec3 d = minus(a, b);
    return dot(d, d) < 1e-12;
  };
  for (const Vec3& p : points)
    if (out.empty() || !same(out.back(), p)) out.push_back(p);
  while (out.size() > 1 && same(out.front(), out.back())) out.pop_back();
  return out;
}

struct Piece {
  std::vector<Vec3> points;
  Vec3 area{0, 0, 0};
  double size = 0;  ///< mm2 in its own plane; sum of |parts| where the outline crosses itself is larger
};

struct Refused {
  std::size_t few = 0, infinite = 0, flat = 0, bent = 0;
  double worst_bend = 0;

  void say(std::vector<std::string>& warnings) const {
    const auto add = [&](std::size_t n, const char* what) {
      if (n > 0)
        warnings.push_back(std::to_string(n) + (n == 1 ? " contour " : " contours ") + what + ", left out");
    };
    add(few, "of fewer than 3 distinct points");
    add(infinite, "with coordinates that are missing or no numbers");
    add(flat, "without area");
    if (bent > 0) {
      char text[96];
      std::snprintf(text, sizeof text, "%zu contour%s not planar, up to %.2f mm; projected", bent,
                    bent == 1 ? "" : "s", worst_bend);
      warnings.emplace_back(text);
    }
  }
};

PlaneStack stack_along(const Grid& grid, const Vec3& normal, int across) {
  PlaneStack stack;
  stack.normal = normal;
  stack.across = across;
  double least = 2;
  for (const int k : {0, 1, 2}) {
    const double along = std::abs(dot(axis(grid, k), normal));
    if (along < least - 1e-9) least = along, stack.row = k;
  }
  const Vec3 a = axis(grid, stack.row);
  const Vec3 in_plane = minus(a, scaled(normal, dot(a, normal)));
  stack.u = scaled(in_plane, 1 / std::sqrt(dot(in_plane, in_plane)));
  stack.v = cross(normal, stack.u);
  return stack;
}

// The stack into which a contour belongs, made where there is none yet.
PlaneStack& stack_of(const Piece& piece, const Grid& grid, std::vector<PlaneStack>& stacks,
                     Refused& refused) {
  for (const int k : {2, 1, 0}) {
    const auto [low, high] = extent(piece.points, axis(grid, k));
    if (high - low > std::max(same_plane_mm, 0.05 * grid.spacing[static_cast<std::size_t>(k)])) continue;
    for (PlaneStack& stack : stacks)
      if (stack.across == k) return stack;
    return stacks.emplace_back(stack_along(grid, axis(grid, k), k));
  }
  for (PlaneStack& stack : stacks) {
    const auto [low, high] = extent(piece.points, stack.normal);
    if (high - low <= 2 * same_plane_mm) return stack;
  }
  Vec3 normal = scaled(piece.area, 1 / std::sqrt(dot(piece.area, piece.area)));
  const auto [low, high] = extent(piece.points, normal);
  if (high - low > 2 * same_plane_mm) {
    // Bent: into a stack of nearly the same direction rather than a stack of its own.
    ++refused.bent;
    refused.worst_bend = std::max(refused.worst_bend, high - low);
    for (PlaneStack& stack : stacks)
      if (std::abs(dot(normal, stack.normal)) > 0.98) return stack;
  }
  // Towards the head, so that ties fall the same way whichever way the contour runs.
  if (dot(normal, axis(grid, 2)) < 0) normal = scaled(normal, -1);
  return stacks.emplace_back(stack_along(grid, normal, -1));
}

// Contours of a stack whose offsets agree become one plane.
void add_to_plane(PlaneStack& stack, const std::vector<Vec3>& points) {
  const auto [low, high] = extent(points, stack.normal);
  const double offset = (low + high) / 2;
  auto plane = std::find_if(stack.planes.begin(), stack.planes.end(), [&](const ContourPlane& p) {
    return std::abs(p.offset - offset) <= same_plane_mm;
  });
  if (plane == stack.planes.end()) {
    plane = std::find_if(stack.planes.begin(), stack.planes.end(),
                         [&](const ContourPlane& p) { return p.offset > offset; });
    plane = stack.planes.insert(plane, ContourPlane{offset, {}});
  }
  std::vector<std::array<double, 2>> polygon;
  polygon.reserve(points.size());
  for (const Vec3& p : points) polygon.push_back({dot(p, stack.u), dot(p, stack.v)});
  plane->polygons.push_back(std::move(polygon));
}

}  // namespace

std::vector<PlaneStack> stack_planes(const std::vector<PatientContour>& contours, const Grid& grid,
                                     std::size_t& used, std::vector<std::string>& warnings) {
  Refused refused;
  std::vector<Piece> pieces;
  for (const PatientContour& contour : contours) {
    Piece piece{without_repeats(contour.points), {}, 0};
    bool finite = true;
    for (const Vec3& p : contour.points)
      for (const double v : p) finite = finite && std::isfinite(v) && std::abs(v) < 1e9;
    if (!finite) {
      ++refused.infinite;
      continue;
    }
    if (piece.points.size() < 3) {
      ++refused.few;
      continue;
    }
    piece.area = area_vector(piece.points);
    piece.size = std::sqrt(dot(piece.area, piece.area)) / 2;
    // A figure of eight has no net area but fills its loops; a line fills nothing.
    double spread = 0;
    for (std::size_t i = 1; i + 1 < piece.points.size(); ++i) {
      const Vec3 c =
          cross(minus(piece.points[i], piece.points[0]), minus(piece.points[i + 1], piece.points[0]));
      if (dot(c, c) > spread) {
        spread = dot(c, c);
        if (piece.size < least_area_mm2) piece.area = c;
      }
    }
    if (std::sqrt(spread) < least_area_mm2) {
      ++refused.flat;
      continue;
    }
    pieces.push_back(std::move(piece));
  }
  // Large contours first: they tell a tilted stack's direction best.
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.size > b.size; });
  std::vector<PlaneStack> stacks;
  for (const Piece& piece : pieces) add_to_plane(stack_of(piece, grid, stacks, refused), piece.points);
  used = pieces.size();
  refused.say(warnings);
  if (stacks.size() > 1)
    warnings.push_back("contours of " + std::to_string(stacks.size()) + " orientations; joined");
  return stacks;
}

}  // namespace anatomynet

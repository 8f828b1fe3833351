#include "geometry/contour_pieces.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/vectors.h"

namespace anatomynet::geometry {
namespace {

constexpr double least_area_mm2 = 1e-6, farthest_mm = 1e9;

// Twice the area, along the normal (Newell's sum): right also for polygons that are not quite planar.
Vec3 area_vector(const std::vector<Vec3>& p) {
  Vec3 sum{0, 0, 0};
  for (std::size_t i = 1; i + 1 < p.size(); ++i) {
    const Vec3 c = cross(minus(p[i], p[0]), minus(p[i + 1], p[0]));
    for (std::size_t k = 0; k < 3; ++k) sum[k] += c[k];
  }
  return sum;
}

void drop_repeated_points(std::vector<Vec3>& points) {
  points.erase(std::unique(points.begin(), points.end()), points.end());
  while (points.size() > 1 && points.front() == points.back()) points.pop_back();
}

// Where the lexicographically least rotation of a cyclic sequence begins, in linear time: of two candidates
// the greater one, and all starts within what they share, are given up.
template <class At>
std::size_t least_rotation(std::size_t n, const At& at) {
  std::size_t i = 0, j = 1, same = 0;
  while (i < n && j < n && same < n) {
    const Vec3 &a = at((i + same) % n), &b = at((j + same) % n);
    if (a == b) {
      ++same;
      continue;
    }
    (a > b ? i : j) += same + 1;
    if (i == j) ++j;
    same = 0;
  }
  return std::min(i, j);
}

// One order of the points for every starting vertex and both directions of travel.
void make_canonical(std::vector<Vec3>& points) {
  const std::size_t n = points.size();
  const auto onward = [&](std::size_t i) -> const Vec3& { return points[i]; };
  const auto back = [&](std::size_t i) -> const Vec3& { return points[n - 1 - i]; };
  const std::size_t first = least_rotation(n, onward), last = least_rotation(n, back);
  bool reverse = false;
  for (std::size_t k = 0; k < n; ++k) {
    const Vec3 &a = onward((first + k) % n), &b = back((last + k) % n);
    if (a == b) continue;
    reverse = b < a;
    break;
  }
  if (reverse) std::reverse(points.begin(), points.end());
  const std::size_t begin = reverse ? last : first;
  std::rotate(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(begin), points.end());
}

enum class Coordinates { good, missing, far };

Coordinates check(const std::vector<Vec3>& points) {
  Coordinates found = Coordinates::good;
  for (const Vec3& p : points)
    for (const double v : p) {
      if (!std::isfinite(v)) return Coordinates::missing;
      if (!(std::abs(v) < farthest_mm)) found = Coordinates::far;
    }
  return found;
}

// A figure of eight has no net area but fills its loops; a line fills nothing.
bool encloses_something(Piece& piece) {
  const std::vector<Vec3>& p = piece.points;
  piece.area = area_vector(p);
  piece.size = std::sqrt(dot(piece.area, piece.area)) / 2;
  const bool no_net_area = piece.size < least_area_mm2;
  double spread = 0;
  for (std::size_t i = 1; i + 1 < p.size(); ++i) {
    const Vec3 c = cross(minus(p[i], p[0]), minus(p[i + 1], p[0]));
    if (dot(c, c) <= spread) continue;
    spread = dot(c, c);
    if (no_net_area) piece.area = c;
  }
  return std::sqrt(spread) >= least_area_mm2;
}

}  // namespace

std::string contour_count(std::size_t n) { return std::to_string(n) + (n == 1 ? " contour" : " contours"); }

void LeftOut::say(std::vector<std::string>& warnings) const {
  const auto add = [&](std::size_t n, const char* what) {
    if (n > 0) warnings.push_back(contour_count(n) + " " + what + ", left out");
  };
  add(few, "of fewer than 3 distinct points");
  add(missing, "with coordinates that are missing or no numbers");
  add(far, "with coordinates beyond 1e9 mm");
  add(flat, "without area");
  add(directions, "beyond the 256 orientations that one ROI may have");
  if (bent > 0) {
    char text[96];
    std::snprintf(text, sizeof text, "%s not planar, up to %.2f mm; projected", contour_count(bent).c_str(),
                  worst_bend);
    warnings.emplace_back(text);
  }
}

std::vector<Piece> usable_pieces(std::vector<PatientContour> contours, LeftOut& left_out) {
  std::vector<Piece> pieces;
  for (PatientContour& contour : contours) {
    Piece piece{std::move(contour.points), {}, 0, contour.exclusive_or};
    if (const Coordinates found = check(piece.points); found != Coordinates::good) {
      ++(found == Coordinates::far ? left_out.far : left_out.missing);
      continue;
    }
    drop_repeated_points(piece.points);
    if (piece.points.size() < 3) {
      ++left_out.few;
      continue;
    }
    make_canonical(piece.points);
    if (encloses_something(piece))
      pieces.push_back(std::move(piece));
    else
      ++left_out.flat;
  }
  // Large ones first: they tell a tilted stack's direction best.
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    if (a.size != b.size) return a.size > b.size;
    return a.points != b.points ? a.points < b.points : a.exclusive_or < b.exclusive_or;
  });
  return pieces;
}

}  // namespace anatomynet::geometry

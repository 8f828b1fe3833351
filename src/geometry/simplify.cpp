#include <algorithm>
#include <cmath>

#include "geometry/contours.h"
#include "geometry/thin.h"

namespace anatomynet::geometry {
namespace {

using Point = std::array<double, 2>;

double distance_to_segment(const Point& p, const Point& a, const Point& b) {
  const double ux = b[0] - a[0], uy = b[1] - a[1], vx = p[0] - a[0], vy = p[1] - a[1];
  const double square = ux * ux + uy * uy;
  const double t = square > 0 ? std::clamp((vx * ux + vy * uy) / square, 0.0, 1.0) : 0;
  return std::hypot(vx - t * ux, vy - t * uy);
}

}  // namespace

void thin(const std::vector<Point>& mm, std::size_t first, std::size_t last, double tolerance,
          std::vector<char>& keep) {
  std::vector<std::pair<std::size_t, std::size_t>> todo{{first, last}};
  while (!todo.empty()) {
    const auto [a, b] = todo.back();
    todo.pop_back();
    double worst = tolerance;
    std::size_t split = 0;
    for (std::size_t i = a + 1; i < b; ++i) {
      const double d = distance_to_segment(mm[i], mm[a], mm[b % mm.size()]);
      if (d > worst) {
        worst = d;
        split = i;
      }
    }
    if (split == 0) continue;
    keep[split] = 1;
    todo.push_back({a, split});
    todo.push_back({split, b});
  }
}

void simplify(std::vector<SliceContour>& contours, const Grid& grid, double tolerance_mm) {
  const double sx = grid.spacing[0], sy = grid.spacing[1];
  constexpr double rounding_mm = 1e-9;
  const double tolerance = std::clamp(tolerance_mm, rounding_mm, 0.25 * std::min(sx, sy));
  for (SliceContour& contour : contours) {
    std::vector<Point> mm;
    for (const Point& p : contour.points) mm.push_back({p[0] * sx, p[1] * sy});
    // The first point, topmost, and the lowest one split the loop in two and stay; keyholes start at the
    // first.
    const auto lowest =
        std::max_element(mm.begin(), mm.end(), [](const Point& a, const Point& b) { return a[1] < b[1]; });
    const auto half = static_cast<std::size_t>(lowest - mm.begin());
    if (half == 0) continue;
    std::vector<char> keep(mm.size(), 0);
    keep[0] = keep[half] = 1;
    thin(mm, 0, half, tolerance, keep);
    thin(mm, half, mm.size(), tolerance, keep);
    if (std::count(keep.begin(), keep.end(), 1) < 3) continue;
    std::vector<Point> kept;
    for (std::size_t i = 0; i < keep.size(); ++i)
      if (keep[i]) kept.push_back(contour.points[i]);
    contour.points = std::move(kept);
  }
}

}  // namespace anatomynet::geometry

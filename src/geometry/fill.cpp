#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "geometry/contours.h"

namespace anatomynet::geometry {
namespace {

void check(const SliceContour& contour) {
  const std::string where = "contour in slice " + std::to_string(contour.z);
  if (contour.points.size() < 3)
    throw Error(ErrorKind::input,
                where + ": " + std::to_string(contour.points.size()) + " points, expected 3 or more");
  for (const auto& p : contour.points)
    if (!std::isfinite(p[0]) || !std::isfinite(p[1]))
      throw Error(ErrorKind::input, where + ": a point is not a finite number");
}

std::int64_t first_at_or_after(double v, std::int64_t size) {
  return static_cast<std::int64_t>(std::clamp(std::ceil(v), 0.0, double(size)));
}

// Where the outline crosses each row's line of voxel centres.
void cross_rows(const SliceContour& contour, std::vector<std::vector<double>>& crossings) {
  const auto rows = static_cast<std::int64_t>(crossings.size());
  const auto& points = contour.points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto a = points[i], b = points[(i + 1) % points.size()];
    if (a[1] > b[1]) std::swap(a, b);
    const std::int64_t end =
        first_at_or_after(b[1], rows);  // rows in [a, b): each end of an edge counts once
    for (std::int64_t y = first_at_or_after(a[1], rows); y < end; ++y)
      crossings[static_cast<std::size_t>(y)].push_back(a[0] +
                                                       (double(y) - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
  }
}

}  // namespace

void fill_contours(const std::vector<SliceContour>& contours, LabelVolume& labels, int id) {
  if (id < 0 || id > 255)
    throw Error(ErrorKind::internal, "label " + std::to_string(id) + " does not fit a label map (0 to 255)");
  const Size3& size = labels.grid.size;
  std::map<std::int64_t, std::vector<const SliceContour*>> slices;
  for (const SliceContour& contour : contours) {
    check(contour);
    if (contour.z >= 0 && contour.z < size[2]) slices[contour.z].push_back(&contour);
  }
  for (const auto& [z, list] : slices) {
    std::vector<std::vector<double>> crossings(static_cast<std::size_t>(size[1]));
    for (const SliceContour* contour : list) cross_rows(*contour, crossings);
    for (std::int64_t y = 0; y < size[1]; ++y) {
      auto& row = crossings[static_cast<std::size_t>(y)];
      std::sort(row.begin(), row.end());
      for (std::size_t i = 0; i + 1 < row.size(); i += 2)
        for (std::int64_t x = first_at_or_after(row[i], size[0]); x < first_at_or_after(row[i + 1], size[0]);
             ++x)
          labels.at(x, y, z) = static_cast<std::uint8_t>(id);
    }
  }
}

std::vector<Vec3> to_patient(const SliceContour& contour, const Grid& grid) {
  std::vector<Vec3> world;
  for (const auto& p : contour.points) world.push_back(grid.to_world({p[0], p[1], double(contour.z)}));
  return world;
}

}  // namespace anatomynet::geometry

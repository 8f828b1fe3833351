#include "geometry/contour_planes.h"

#include <algorithm>
#include <cmath>

#include "core/vectors.h"

namespace anatomynet::geometry {
namespace {

constexpr double same_plane_mm = 0.1;
constexpr std::size_t most_orientations = 256;

// Least and largest coordinate along a direction.
std::array<double, 2> extent(const std::vector<Vec3>& points, const Vec3& along) {
  std::array<double, 2> e{INFINITY, -INFINITY};
  for (const Vec3& p : points) {
    const double t = dot(p, along);
    e = {std::min(e[0], t), std::max(e[1], t)};
  }
  return e;
}

PlaneStack stack_along(const VoxelFrame& frame, const Vec3& normal, int across) {
  const Grid& grid = frame.grid();
  PlaneStack stack;
  stack.normal = normal;
  stack.across = across;
  double least = 2;
  for (const int k : {0, 1, 2}) {
    if (k == 2 && frame.uneven()) continue;  // u must be linear along a row
    const double along = std::abs(dot(axis_of(grid, k), normal));
    if (along < least - 1e-9) least = along, stack.row = k;
  }
  const Vec3 a = axis_of(grid, stack.row);
  const Vec3 in_plane = minus(a, scaled(normal, dot(a, normal)));
  stack.u = scaled(in_plane, 1 / std::sqrt(dot(in_plane, in_plane)));
  stack.v = cross(normal, stack.u);
  return stack;
}

bool lies_in_a_plane(const Piece& piece) {
  const auto [low, high] =
      extent(piece.points, scaled(piece.area, 1 / std::sqrt(dot(piece.area, piece.area))));
  return high - low <= 2 * same_plane_mm;
}

// The stack into which a contour belongs, made where there is none yet; null where there are too many.
PlaneStack* stack_of(const Piece& piece, const VoxelFrame& frame, std::vector<PlaneStack>& stacks,
                     LeftOut& left_out) {
  const Grid& grid = frame.grid();
  const auto made = [&](const Vec3& normal, int across) -> PlaneStack* {
    if (stacks.size() < most_orientations) return &stacks.emplace_back(stack_along(frame, normal, across));
    ++left_out.directions;
    return nullptr;
  };
  for (const int k : {2, 1, 0}) {
    const auto [low, high] = extent(piece.points, axis_of(grid, k));
    if (high - low > std::max(same_plane_mm, 0.05 * grid.spacing[static_cast<std::size_t>(k)])) continue;
    for (PlaneStack& stack : stacks)
      if (stack.across == k) return &stack;
    return made(axis_of(grid, k), k);
  }
  for (PlaneStack& stack : stacks) {
    const auto [low, high] = extent(piece.points, stack.normal);
    if (high - low <= 2 * same_plane_mm) return &stack;
  }
  Vec3 normal = scaled(piece.area, 1 / std::sqrt(dot(piece.area, piece.area)));
  const auto [low, high] = extent(piece.points, normal);
  if (high - low > 2 * same_plane_mm) {
    // Bent: into a stack of nearly the same direction rather than a stack of its own.
    ++left_out.bent;
    left_out.worst_bend = std::max(left_out.worst_bend, high - low);
    for (PlaneStack& stack : stacks)
      if (std::abs(dot(normal, stack.normal)) > 0.98) return &stack;
  }
  // Towards the head, so that ties fall the same way whichever way the contour runs.
  if (dot(normal, axis_of(grid, 2)) < 0) normal = scaled(normal, -1);
  return made(normal, -1);
}

ContourPlane plane_of(Piece& piece, const PlaneStack& stack) {
  const auto [low, high] = extent(piece.points, stack.normal);
  ContourPlane plane{(low + high) / 2, {}};
  PlanePolygon& polygon = plane.polygons.emplace_back();
  polygon.exclusive_or = piece.exclusive_or;
  polygon.points.reserve(piece.points.size());
  for (const Vec3& p : piece.points) polygon.points.push_back({dot(p, stack.u), dot(p, stack.v)});
  piece.points = {};
  return plane;
}

// One contour a plane becomes one plane an offset.
void join_planes(PlaneStack& stack) {
  std::stable_sort(stack.planes.begin(), stack.planes.end(),
                   [](const ContourPlane& a, const ContourPlane& b) { return a.offset < b.offset; });
  std::vector<ContourPlane> joined;
  double first = -INFINITY;
  for (ContourPlane& plane : stack.planes) {
    if (plane.offset - first > same_plane_mm) {
      first = plane.offset;
      joined.push_back(std::move(plane));
      continue;
    }
    joined.back().offset = (first + plane.offset) / 2;
    joined.back().polygons.push_back(std::move(plane.polygons.front()));
  }
  stack.planes = std::move(joined);
}

}  // namespace

std::vector<PlaneStack> stack_planes(std::vector<Piece> pieces, const VoxelFrame& frame, LeftOut& left_out) {
  std::vector<PlaneStack> stacks;
  // Bent contours last: they go to a stack of the others, whatever their place in the file.
  std::stable_partition(pieces.begin(), pieces.end(), lies_in_a_plane);
  for (Piece& piece : pieces)
    if (PlaneStack* stack = stack_of(piece, frame, stacks, left_out))
      stack->planes.push_back(plane_of(piece, *stack));
  for (PlaneStack& stack : stacks) join_planes(stack);
  return stacks;
}

}  // namespace anatomynet::geometry

#pragma once
#include <array>
#include <string>
#include <vector>

#include "geometry/contour_pieces.h"
#include "geometry/voxel_frame.h"

// Contours sorted into stacks of parallel planes. Internal to the geometry module.
namespace anatomynet::geometry {

/// A contour as (u, v) in mm in the frame of its stack.
struct PlanePolygon {
  std::vector<std::array<double, 2>> points;
  bool exclusive_or = false;
  /// Polygons of one group hold what any of them holds; -1: by itself. Groups combine by the even-odd rule.
  int group = -1;
  bool repeat = false;  ///< there already, but for rounding; in one group with the other
};

/// Contours that lie in one plane.
struct ContourPlane {
  double offset = 0;  ///< mm along the stack's normal
  std::vector<PlanePolygon> polygons;
};

/// Parallel planes. u runs along the projection of grid axis `row`, v across it, both in the planes.
struct PlaneStack {
  Vec3 normal{0, 0, 1}, u{1, 0, 0}, v{0, 1, 0};  ///< unit vectors, LPS
  int across = -1;  ///< the grid axis along the normal; -1 where the planes are tilted against the grid
  int row = 0;      ///< the grid axis nearest to lying in the planes
  std::vector<ContourPlane> planes;  ///< offsets ascending
};

/// Sorts contours into stacks of planes; those within 0.1 mm of each other become one plane.
std::vector<PlaneStack> stack_planes(std::vector<Piece> pieces, const VoxelFrame& frame, LeftOut& left_out);

}  // namespace anatomynet::geometry

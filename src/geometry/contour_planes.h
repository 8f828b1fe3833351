#pragma once
#include <array>
#include <string>
#include <vector>

#include "geometry/rasterise.h"

// Contours sorted into stacks of parallel planes. Internal to the geometry room.
namespace anatomynet {

/// Contours that lie in one plane, as (u, v) in mm in the frame of their stack.
struct ContourPlane {
  double offset = 0;  ///< mm along the stack's normal
  std::vector<std::vector<std::array<double, 2>>> polygons;
};

/// Parallel planes. u runs along the projection of grid axis `row`, v across it, both in the planes.
struct PlaneStack {
  Vec3 normal{0, 0, 1}, u{1, 0, 0}, v{0, 1, 0};  ///< unit vectors, LPS
  int across = -1;  ///< the grid axis along the normal; -1 where the planes are tilted against the grid
  int row = 0;      ///< the grid axis nearest to lying in the planes
  std::vector<ContourPlane> planes;  ///< offsets ascending
};

/// Sorts usable contours into stacks; counts them in `used` and says in `warnings` what was left out.
std::vector<PlaneStack> stack_planes(const std::vector<PatientContour>& contours, const Grid& grid,
                                     std::size_t& used, std::vector<std::string>& warnings);

}  // namespace anatomynet

#pragma once
#include "geometry/surface.h"

// The steps of trace_surface. Internal to the geometry module.
namespace anatomynet::geometry::surface_steps {

/// Points in index coordinates of a small volume, triangles as in Surface for a right-handed grid.
struct Mesh {
  std::vector<Vec3> points;
  std::vector<std::array<std::uint32_t, 3>> triangles;
};

/// Values on a lattice, x fastest; the border must be 0.
struct Field {
  Size3 size{};
  std::vector<float> values;
  float at(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return values[static_cast<std::size_t>((z * size[1] + y) * size[0] + x)];
  }
};

/// The surface where the field passes one half.
Mesh march(const Field& field);

/// Taubin's smoothing in mm. `mesh` keeps its triangles.
void smooth(Mesh& mesh, const Vec3& spacing, int rounds);

/// Moves the points along their normals until the volume, in mm^3, is `wanted` as nearly as can be.
void restore_volume(Mesh& mesh, const Vec3& spacing, double wanted);

}  // namespace anatomynet::geometry::surface_steps

#include "geometry/surface.h"

#include <algorithm>
#include <cmath>

#include "geometry/surface_mesh.h"

namespace anatomynet::geometry {
namespace {

using surface_steps::Field;
using surface_steps::Mesh;

// What a label's voxels amount to.
struct Extent {
  LabelBox box;
  std::int64_t voxels = 0;
  std::array<std::int64_t, 3> faces{};  // sides of voxels across each axis whose neighbour is outside
};

Extent extent_of(const LabelVolume& labels, std::uint8_t id, const LabelBox& box) {
  const Size3& n = labels.grid.size;
  Extent extent{box};
  const auto [low, size] = extent.box;
  for (std::int64_t z = low[2]; z < low[2] + size[2]; ++z)
    for (std::int64_t y = low[1]; y < low[1] + size[1]; ++y)
      for (std::int64_t x = low[0]; x < low[0] + size[0]; ++x) {
        if (labels.at(x, y, z) != id) continue;
        ++extent.voxels;
        for (int k = 0; k < 3; ++k)
          for (const int side : {-1, 1}) {
            Size3 q{x, y, z};
            q[k] += side;
            extent.faces[k] += q[k] < 0 || q[k] >= n[k] || labels.at(q[0], q[1], q[2]) != id;
          }
      }
  return extent;
}

// How many voxels along each axis become one, so that about `most` triangles remain.
Size3 blocks_for(const Extent& extent, const Vec3& spacing, std::int64_t most) {
  Size3 blocks{1, 1, 1};
  if (most <= 0) return blocks;
  double area = 0;  // of the voxels' sides; a lattice of 1 mm has about 5 triangles for each mm^2 of them
  for (int k = 0; k < 3; ++k) area += double(extent.faces[k]) * spacing[(k + 1) % 3] * spacing[(k + 2) % 3];
  const double side = std::sqrt(5 * area / double(most));
  for (int k = 0; k < 3; ++k) blocks[k] = std::max<std::int64_t>(1, std::llround(side / spacing[k]));
  return blocks;
}

// The share of each block that the organ fills, with an empty block all around.
Field field_of(const LabelVolume& labels, std::uint8_t id, const LabelBox& box, const Size3& blocks) {
  Field field;
  for (int k = 0; k < 3; ++k) field.size[k] = (box.size[k] + blocks[k] - 1) / blocks[k] + 2;
  field.values.assign(static_cast<std::size_t>(field.size[0] * field.size[1] * field.size[2]), 0);
  const float one = 1.0F / static_cast<float>(blocks[0] * blocks[1] * blocks[2]);
  for (std::int64_t z = box.low[2]; z < box.low[2] + box.size[2]; ++z)
    for (std::int64_t y = box.low[1]; y < box.low[1] + box.size[1]; ++y) {
      const auto* row = labels.voxels.data() + labels.grid.offset(0, y, z);
      float* to = field.values.data() +
                  (((z - box.low[2]) / blocks[2] + 1) * field.size[1] + (y - box.low[1]) / blocks[1] + 1) *
                      field.size[0];
      for (std::int64_t x = box.low[0]; x < box.low[0] + box.size[0]; ++x)
        if (row[x] == id) to[(x - box.low[0]) / blocks[0] + 1] += one;
    }
  return field;
}

double determinant(const Mat3& m) {
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

}  // namespace

Surface trace_surface(const LabelVolume& labels, int id, const SurfaceOptions& options) {
  if (id < 0 || id > 255) return {};
  const auto value = static_cast<std::uint8_t>(id);
  const Grid& g = labels.grid;
  const Extent extent = extent_of(labels, value, options.box ? *options.box : label_box(labels, id));
  if (extent.voxels == 0) return {};
  Size3 blocks = blocks_for(extent, g.spacing, options.most_triangles);
  Mesh mesh = march(field_of(labels, value, extent.box, blocks));
  if (mesh.triangles.empty()) {  // too thin for blocks
    blocks = {1, 1, 1};
    mesh = march(field_of(labels, value, extent.box, blocks));
  }
  Vec3 spacing{};
  for (int k = 0; k < 3; ++k) spacing[k] = g.spacing[k] * double(blocks[k]);
  smooth(mesh, spacing, options.smoothing);
  restore_volume(mesh, spacing, double(extent.voxels) * g.voxel_ml() * 1000);

  Surface surface;
  for (const Vec3& p : mesh.points) {
    Vec3 index{};
    for (int k = 0; k < 3; ++k)  // a block's middle; block 0 is the empty border
      index[k] = double(extent.box.low[k]) + (p[k] - 1) * double(blocks[k]) + double(blocks[k] - 1) / 2;
    const Vec3 world = g.to_world(index);
    surface.points.push_back({float(world[0]), float(world[1]), float(world[2])});
  }
  surface.triangles = std::move(mesh.triangles);
  if (determinant(g.direction) < 0)
    for (auto& t : surface.triangles) std::swap(t[1], t[2]);
  return surface;
}

double Surface::volume_ml() const {
  if (points.empty()) return 0;
  const auto& origin = points.front();  // near by, so that the sum keeps its digits
  double six = 0;
  for (const auto& t : triangles) {
    Vec3 p[3];
    for (int i = 0; i < 3; ++i)
      for (int k = 0; k < 3; ++k) p[i][k] = double(points[t[i]][k]) - double(origin[k]);
    six += p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) +
           p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
           p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
  }
  return six / 6000;
}

}  // namespace anatomynet::geometry

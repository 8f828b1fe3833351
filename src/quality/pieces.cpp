#include "quality/pieces.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "geometry/distance_transform.h"

namespace anatomynet::quality {
namespace {

// Union-find over provisional pieces; the root is always the smallest number.
struct Sets {
  std::vector<std::int32_t> parent;

  std::int32_t make() {
    parent.push_back(static_cast<std::int32_t>(parent.size()));
    return parent.back();
  }
  std::int32_t root(std::int32_t a) {
    while (parent[a] != a) a = parent[a] = parent[parent[a]];
    return a;
  }
  std::int32_t join(std::int32_t a, std::int32_t b) {
    a = root(a), b = root(b);
    return parent[std::max(a, b)] = std::min(a, b);
  }
};

// Neighbours that come before a voxel in memory.
std::vector<std::array<int, 3>> earlier(Neighbours neighbours) {
  if (neighbours == Neighbours::six) return {{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}};
  std::vector<std::array<int, 3>> list;
  for (int z = -1; z <= 0; ++z)
    for (int y = -1; y <= (z < 0 ? 1 : 0); ++y)
      for (int x = -1; x <= (z < 0 || y < 0 ? 1 : -1); ++x) list.push_back({x, y, z});
  return list;
}

}  // namespace

Pieces pieces_of(const LabelVolume& mask, Neighbours neighbours) {
  const auto [width, height, depth] = mask.grid.size;
  const auto before = earlier(neighbours);
  Pieces result;
  result.of_voxel.assign(mask.voxels.size(), -1);
  Sets sets;
  for (std::int64_t z = 0, i = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x, ++i) {
        if (mask.voxels[i] == 0) continue;
        std::int32_t set = -1;
        for (const auto& [dx, dy, dz] : before) {
          if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height || z + dz < 0) continue;
          const std::int32_t other = result.of_voxel[i + (dz * height + dy) * width + dx];
          if (other >= 0 && other != set) set = set < 0 ? other : sets.join(set, other);
        }
        result.of_voxel[i] = set < 0 ? sets.make() : set;
      }
  std::vector<std::int64_t> count(sets.parent.size());
  for (std::int32_t& set : result.of_voxel)
    if (set >= 0) ++count[set = sets.root(set)];
  std::vector<std::int32_t> order;
  for (std::size_t set = 0; set < count.size(); ++set)
    if (count[set] > 0) order.push_back(static_cast<std::int32_t>(set));
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return count[a] > count[b]; });
  std::vector<std::int32_t> rank(count.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<std::int32_t>(i);
    result.voxels.push_back(count[order[i]]);
  }
  for (std::int32_t& set : result.of_voxel)
    if (set >= 0) set = rank[set];
  return result;
}

std::vector<Piece> pieces_beside_largest(const Grid& grid, const Pieces& pieces) {
  std::vector<Piece> list(pieces.voxels.size());
  if (list.size() < 2) return {};
  std::vector<std::uint8_t> largest(pieces.of_voxel.size()), others(pieces.of_voxel.size());
  for (std::size_t i = 0; i < largest.size(); ++i) {
    largest[i] = pieces.of_voxel[i] == 0;
    others[i] = pieces.of_voxel[i] > 0;
  }
  const std::vector<double> squared =
      geometry::squared_distances_at(others, largest, grid.size, grid.spacing);
  for (Piece& piece : list) piece.gap_mm = INFINITY;
  std::vector<Vec3> sums(list.size());
  std::size_t wanted = 0;
  for (std::int64_t z = 0, i = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x, ++i) {
        const std::int32_t piece = pieces.of_voxel[i];
        if (piece < 1) continue;
        list[piece].gap_mm = std::min(list[piece].gap_mm, std::sqrt(squared[wanted++]));
        const Vec3 index{double(x), double(y), double(z)};
        for (int k = 0; k < 3; ++k) sums[piece][k] += index[k];
      }
  for (std::size_t p = 1; p < list.size(); ++p) {
    const auto n = double(pieces.voxels[p]);
    list[p].ml = n * grid.voxel_ml();
    list[p].centroid = grid.to_world({sums[p][0] / n, sums[p][1] / n, sums[p][2] / n});
  }
  list.erase(list.begin());
  return list;
}

}  // namespace anatomynet::quality

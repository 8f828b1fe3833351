#include "pipeline/body_mask.h"

#include <vector>

#include "core/parallel_for.h"
#include "geometry/margin.h"
#include "quality/pieces.h"

namespace anatomynet::pipeline {
namespace {

constexpr int tissue_hu = -300;
constexpr double shell_mm = 4;

// A slice of a volume: two axes, each with its number of voxels and its step in memory.
struct Slice {
  std::int64_t width, height, across, down, first;

  std::int64_t at(std::int64_t i) const { return first + i % width * across + i / width * down; }
};

// What is 0 and not joined to the slice's edge becomes 1.
void fill_holes(LabelVolume& mask, const Slice& s) {
  std::vector<std::uint8_t> outside(static_cast<std::size_t>(s.width * s.height));
  std::vector<std::int64_t> open;
  const auto visit = [&](std::int64_t x, std::int64_t y) {
    if (x < 0 || y < 0 || x >= s.width || y >= s.height) return;
    const std::int64_t i = y * s.width + x;
    if (outside[static_cast<std::size_t>(i)] || mask.voxels[static_cast<std::size_t>(s.at(i))]) return;
    outside[static_cast<std::size_t>(i)] = 1;
    open.push_back(i);
  };
  for (std::int64_t x = 0; x < s.width; ++x) visit(x, 0), visit(x, s.height - 1);
  for (std::int64_t y = 0; y < s.height; ++y) visit(0, y), visit(s.width - 1, y);
  while (!open.empty()) {
    const std::int64_t x = open.back() % s.width, y = open.back() / s.width;
    open.pop_back();
    visit(x - 1, y), visit(x + 1, y), visit(x, y - 1), visit(x, y + 1);
  }
  for (std::int64_t i = 0; i < s.width * s.height; ++i)
    if (!outside[static_cast<std::size_t>(i)]) mask.voxels[static_cast<std::size_t>(s.at(i))] = 1;
}

void keep_largest_piece(LabelVolume& mask) {
  const quality::Pieces pieces = quality::pieces_of(mask, quality::Neighbours::six);
  for (std::size_t i = 0; i < mask.voxels.size(); ++i) mask.voxels[i] = pieces.of_voxel[i] == 0;
}

}  // namespace

LabelVolume body_mask(const CtView& ct) {
  LabelVolume tissue(ct.grid);
  for (std::size_t i = 0; i < tissue.voxels.size(); ++i) tissue.voxels[i] = ct.voxels[i] > tissue_hu;
  LabelVolume body = tissue;
  const auto margin = geometry::Margin::all_around(shell_mm);
  geometry::shrink(body, margin, geometry::MarginFrom::centres);
  keep_largest_piece(body);
  geometry::grow(body, margin, geometry::MarginFrom::surfaces);  // half a voxel more: no corner is lost
  for (std::size_t i = 0; i < body.voxels.size(); ++i) body.voxels[i] &= tissue.voxels[i];
  const Size3& n = body.grid.size;
  const auto normal = static_cast<std::size_t>(nearest_orientation(body.grid).axis[2]);
  const std::size_t across = normal == 0 ? 1 : 0, down = normal == 2 ? 1 : 2;
  const Size3 step{1, n[0], n[0] * n[1]};
  parallel_for(static_cast<std::size_t>(n[normal]), 0, [&](std::size_t k) {
    fill_holes(body, {n[across], n[down], step[across], step[down], std::int64_t(k) * step[normal]});
  });
  return body;
}

}  // namespace anatomynet::pipeline

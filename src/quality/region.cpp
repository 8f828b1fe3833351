#include "quality/region.h"

#include <algorithm>

#include "core/resample.h"

namespace anatomynet::quality {
namespace {

// Calls visit(x0, x1, y, z, id) for every run of one id other than 0 along x.
template <class Visit>
void for_each_run(const LabelVolume& labels, Visit visit) {
  const auto [width, height, depth] = labels.grid.size;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y) {
      const std::uint8_t* row = &labels.at(0, y, z);
      for (std::int64_t x = 0; x < width;) {
        const std::uint8_t* next =
            std::find_if(row + x, row + width, [](std::uint8_t id) { return id != 0; });
        if (next == row + width) break;
        const std::int64_t first = next - row;
        x = std::find_if(next, row + width, [id = *next](std::uint8_t other) { return other != id; }) - row;
        visit(first, x, y, z, *next);
      }
    }
}

template <class T>
Volume<T> part_of(const VolumeView<T>& volume, const Box& box) {
  Grid grid = volume.grid;
  grid.origin = volume.grid.to_world({double(box.low[0]), double(box.low[1]), double(box.low[2])});
  grid.size = box.size;
  Volume<T> out(grid);
  for (std::int64_t z = 0; z < box.size[2]; ++z)
    for (std::int64_t y = 0; y < box.size[1]; ++y)
      std::copy_n(&volume.at(box.low[0], box.low[1] + y, box.low[2] + z), box.size[0], &out.at(0, y, z));
  return out;
}

}  // namespace

std::array<Box, 256> boxes_of(const LabelVolume& labels) {
  std::array<Size3, 256> low, high;
  low.fill(labels.grid.size);
  high.fill({0, 0, 0});
  for_each_run(labels,
               [&](std::int64_t x0, std::int64_t x1, std::int64_t y, std::int64_t z, std::uint8_t id) {
                 const Size3 first{x0, y, z}, end{x1, y + 1, z + 1};
                 for (int k = 0; k < 3; ++k) {
                   low[id][k] = std::min(low[id][k], first[k]);
                   high[id][k] = std::max(high[id][k], end[k]);
                 }
               });
  std::array<Box, 256> boxes{};
  for (std::size_t id = 1; id < boxes.size(); ++id)
    for (int k = 0; k < 3 && high[id][0] > 0; ++k) {
      boxes[id].low[k] = std::max<std::int64_t>(0, low[id][k] - 1);
      boxes[id].size[k] = std::min(labels.grid.size[k], high[id][k] + 1) - boxes[id].low[k];
    }
  return boxes;
}

template <class T>
Volume<T> crop(const Volume<T>& volume, const Box& box) {
  return part_of<T>(volume, box);
}

CtVolume crop(const CtView& ct, const Box& box) { return part_of(ct, box); }

template CtVolume crop(const CtVolume&, const Box&);
template LabelVolume crop(const LabelVolume&, const Box&);

Region cut_out(const CtView& ct, const LabelVolume& labels, int id, const Box& box) {
  LabelVolume mask = crop(labels, box);
  for (std::uint8_t& voxel : mask.voxels) voxel = voxel == id;
  const Orientation turn = nearest_orientation(labels.grid);
  return {reorient(mask, turn), reorient(crop(ct, box), turn)};
}

}  // namespace anatomynet::quality

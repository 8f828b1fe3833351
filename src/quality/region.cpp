#include "quality/region.h"

#include <algorithm>

#include "core/resample.h"

namespace anatomynet::quality {
namespace {

template <class T>
Volume<T> part_of(const VolumeView<T>& volume, const LabelBox& box) {
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

std::array<LabelBox, 256> grown_label_boxes(const LabelVolume& labels) {
  std::array<LabelBox, 256> boxes = label_boxes(labels);
  for (LabelBox& box : boxes)
    for (int k = 0; k < 3 && !box.empty(); ++k) {
      const std::int64_t end = std::min(labels.grid.size[k], box.low[k] + box.size[k] + 1);
      box.low[k] = std::max<std::int64_t>(0, box.low[k] - 1);
      box.size[k] = end - box.low[k];
    }
  return boxes;
}

template <class T>
Volume<T> crop(const Volume<T>& volume, const LabelBox& box) {
  return part_of<T>(volume, box);
}

CtVolume crop(const CtView& ct, const LabelBox& box) { return part_of(ct, box); }

template CtVolume crop(const CtVolume&, const LabelBox&);
template LabelVolume crop(const LabelVolume&, const LabelBox&);

Region cut_out(const CtView& ct, const LabelVolume& labels, int id, const LabelBox& box) {
  LabelVolume mask = crop(labels, box);
  for (std::uint8_t& voxel : mask.voxels) voxel = voxel == id;
  const Orientation turn = nearest_orientation(labels.grid);
  return {reorient(mask, turn), reorient(crop(ct, box), turn)};
}

}  // namespace anatomynet::quality

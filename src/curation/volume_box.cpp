#include <algorithm>
#include <string>

#include "core/error.h"
#include "curation/head_neck_field.h"

namespace anatomynet::curation {
namespace {

template <class T>
Volume<T> crop(const Volume<T>& volume, const VoxelBox& box) {
  Grid grid = volume.grid;
  for (std::size_t k = 0; k < 3; ++k) {
    if (box.first[k] < 0 || box.last[k] >= volume.grid.size[k] || box.first[k] > box.last[k])
      throw Error(ErrorKind::input, "crop box " + std::to_string(box.first[k]) + " to " +
                                        std::to_string(box.last[k]) + " is not within the " +
                                        std::to_string(volume.grid.size[k]) + " voxels of axis " +
                                        std::string(1, "xyz"[k]));
    grid.size[k] = box.last[k] - box.first[k] + 1;
  }
  grid.origin = volume.grid.to_world({double(box.first[0]), double(box.first[1]), double(box.first[2])});
  Volume<T> out(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      std::copy_n(&volume.at(box.first[0], box.first[1] + y, box.first[2] + z), grid.size[0],
                  &out.at(0, y, z));
  return out;
}

}  // namespace

CtVolume cropped(const CtVolume& volume, const VoxelBox& box) { return crop(volume, box); }
LabelVolume cropped(const LabelVolume& volume, const VoxelBox& box) { return crop(volume, box); }

LabelVolume uncropped(const LabelVolume& part, const Grid& original, const VoxelBox& box) {
  LabelVolume out(original);
  for (std::size_t k = 0; k < 3; ++k)
    if (box.first[k] < 0 || box.last[k] >= original.size[k] ||
        box.last[k] - box.first[k] + 1 != part.grid.size[k])
      throw Error(ErrorKind::input, "the part of " + describe(part.grid) + " is not that of its crop box");
  for (std::int64_t z = 0; z < part.grid.size[2]; ++z)
    for (std::int64_t y = 0; y < part.grid.size[1]; ++y)
      std::copy_n(&part.at(0, y, z), part.grid.size[0],
                  &out.at(box.first[0], box.first[1] + y, box.first[2] + z));
  return out;
}

}  // namespace anatomynet::curation

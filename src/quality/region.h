#pragma once
#include <array>
#include <cstdint>

#include "core/volume_view.h"

namespace anatomynet::quality {

/// A box of voxels, in the order of the volume's own axes.
struct Box {
  Size3 low{}, size{0, 0, 0};
  bool empty() const { return size[0] == 0; }
};

/// Of every id the smallest box around it, grown by one voxel where the volume has one; empty where it does
/// not occur.
std::array<Box, 256> boxes_of(const LabelVolume& labels);

/// An organ and its CT, cut out of the case, axes turned nearest to L, P, S.
struct Region {
  LabelVolume mask;  ///< 1 inside the organ
  CtVolume ct;       ///< same grid
};

/// Both volumes lie on one grid.
Region cut_out(const CtView& ct, const LabelVolume& labels, int id, const Box& box);

/// One box of a volume.
template <class T>
Volume<T> crop(const Volume<T>& volume, const Box& box);
CtVolume crop(const CtView& ct, const Box& box);

}  // namespace anatomynet::quality

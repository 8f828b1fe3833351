#pragma once
#include <array>
#include <cstdint>

#include "core/label_boxes.h"
#include "core/volume_view.h"

namespace anatomynet::quality {

/// Of every id its box, grown by one voxel where the volume has one; empty where it does not occur.
std::array<LabelBox, 256> grown_label_boxes(const LabelVolume& labels);

/// An organ and its CT, cut out of the case, axes turned nearest to L, P, S.
struct Region {
  LabelVolume mask;  ///< 1 inside the organ
  CtVolume ct;       ///< same grid
};

/// Both volumes lie on one grid.
Region cut_out(const CtView& ct, const LabelVolume& labels, int id, const LabelBox& box);

/// One box of a volume.
template <class T>
Volume<T> crop(const Volume<T>& volume, const LabelBox& box);
CtVolume crop(const CtView& ct, const LabelBox& box);

}  // namespace anatomynet::quality

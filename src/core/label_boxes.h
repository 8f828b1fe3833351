#pragma once
#include <array>

#include "core/volume.h"

namespace anatomynet::core {

/// The smallest box around the voxels of one label, in the order of the volume's own axes.
struct LabelBox {
  Size3 low{};          ///< its first voxel
  Size3 size{0, 0, 0};  ///< all 0 where no voxel has the label

  bool empty() const { return size[0] == 0; }
  bool operator==(const LabelBox&) const = default;
};

/// Of one value; empty for one that is not in 0..255.
LabelBox label_box(const LabelVolume& labels, int value);

using LabelBoxes = std::array<LabelBox, 256>;  ///< by value

/// Of every value but 0, whose box stays empty. One pass, on two threads where the volume is large.
LabelBoxes label_boxes(const LabelVolume& labels);

}  // namespace anatomynet::core

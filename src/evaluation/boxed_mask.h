#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "core/label_boxes.h"
#include "core/volume.h"

namespace anatomynet::evaluation {

/// A structure, kept only within the box that holds it: what measuring needs of a 512 x 512 x 178 mask.
struct BoxedMask {
  Grid grid;                         ///< of the whole volume
  Size3 low{};                       ///< the box's first voxel
  Size3 size{0, 0, 0};               ///< of the box; all 0 for an empty structure
  std::vector<std::uint8_t> voxels;  ///< of the box, x fastest; 1 inside the structure
  std::int64_t count = 0;            ///< voxels inside

  bool empty() const { return count == 0; }
};

/// The voxels that hold `value`.
BoxedMask boxed(const LabelVolume& labels, int value);

/// Every structure of a label map, by its value (not 0).
std::map<int, BoxedMask> boxed_structures(const LabelVolume& labels);

/// The smallest box around both; empty where both are.
LabelBox box_around(const BoxedMask& a, const BoxedMask& b);

/// A mask's voxels in another box, with one empty voxel more on every side: (size + 2) in each direction.
std::vector<std::uint8_t> padded(const BoxedMask& mask, const LabelBox& box);

/// The mask's voxels in the slices of `other`'s box alone, along the third axis; none where `other` is empty.
BoxedMask within_slices_of(const BoxedMask& mask, const BoxedMask& other);

/// The whole volume's voxels that are in the mask become `value`.
void paint(const BoxedMask& mask, int value, LabelVolume& labels);

/// Throws Error(input) that shows both geometries unless the masks lie on one grid (within 0.01 mm, more than
/// what file formats round away).
void require_same_grid(const Grid& predicted, const Grid& truth);

}  // namespace anatomynet::evaluation

#pragma once
#include "core/volume.h"

namespace anatomynet::geometry {

/// mm towards each side of the patient, none below 0. The patient's sides are the grid's axes nearest to
/// them, so left is the patient's left however the volume is stored; on an oblique grid six different sides
/// follow the grid.
struct Margin {
  double left = 0, right = 0, anterior = 0, posterior = 0, superior = 0, inferior = 0;

  static Margin all_around(double mm) { return {mm, mm, mm, mm, mm, mm}; }
  bool same_all_around() const;
  double largest() const;
};

/// Where a margin begins.
enum class MarginFrom {
  centres,  ///< at the centres of a structure's voxels: a voxel is within 3 mm where its centre is at most 3
            ///< mm from the nearest centre of the structure (a threshold on SciPy's distance_transform_edt)
  surfaces  ///< at their faces, half a voxel further out: where its centre is at most 3 mm from the nearest
            ///< point of the structure's voxels, as the contour that is drawn around them has it
};

/// Grows the structure (voxels that are not 0, which become 1) by a margin, exactly at any spacing: a voxel
/// is in where (x/a)^2 + (y/b)^2 + (z/c)^2 <= 1 for its distance (x, y, z) from some voxel of the structure
/// and the margins a, b and c of the sides on which it lies; with equal margins a ball, else in each octant
/// an ellipsoid. A side of 0 mm keeps its place. Nothing grows beyond the volume.
void grow(LabelVolume& mask, const Margin& margin, MarginFrom from);

/// Shrinks it: takes away what a margin around everything outside, seen from the other side, reaches: "left"
/// moves the left surface to the right. What lies beyond the volume is neither inside nor outside, so a
/// structure that the volume cuts off does not shrink from there.
void shrink(LabelVolume& mask, const Margin& margin, MarginFrom from);

}  // namespace anatomynet::geometry

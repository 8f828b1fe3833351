#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/uneven_slices.h"
#include "core/warning.h"

namespace anatomynet::io {

/// Where one slice lies (DICOM PS3.3 C.7.6.2, Image Plane).
struct SlicePlane {
  std::string name;                    ///< for messages: the file, and the frame where there are several
  Vec3 position{0, 0, 0};              ///< LPS mm of the centre of the first voxel
  Vec3 row{1, 0, 0};                   ///< LPS direction along a row, towards the next column
  Vec3 column{0, 1, 0};                ///< LPS direction down a column, towards the next row
  double column_spacing = 1;           ///< mm between neighbours in a row (x)
  double row_spacing = 1;              ///< mm between neighbours in a column (y)
  std::int64_t columns = 0, rows = 0;  ///< voxels along x and y
  double thickness = 0;                ///< Slice Thickness in mm, 0 = not given
};

/// Slices as one volume. z runs along row x column, whatever the order in which slices came.
struct SliceStack {
  Grid grid;                       ///< one z index a slice; where distances differ, of the mean distance
  std::vector<std::size_t> order;  ///< order[z]: which of the given planes is slice z
  std::vector<std::array<double, 2>> shift;  ///< [z]: mm by which the slice's first voxel lies off the grid's
                                             ///< first column along x and y; all 0 unless `tilted`
  bool tilted = false;                       ///< gantry tilt: slices must be shifted within their planes
  std::optional<UnevenSlices> uneven;        ///< where the slices lie, if not evenly
  std::vector<Warning> warnings;
};

/// The widest distance of slices that is taken where distances differ.
inline constexpr double widest_gap_mm = 8;

/// Throws Error(input) unless the planes are alike, parallel, without duplicates, and at least two. Distances
/// may differ, with a warning that states the blocks, where all are at most `widest_gap_mm` and no slice is
/// missing in an otherwise even run (io/dicom/internal/slice_gaps.h); with `allow_gaps` whatever they are,
/// with a list of the gaps. Slices whose positions drift sideways evenly (gantry tilt) get a grid that covers
/// them all.
SliceStack stack_slices(const std::vector<SlicePlane>& planes, bool allow_gaps = false);

}  // namespace anatomynet::io

#pragma once
#include <string>
#include <vector>

#include "core/volume.h"

namespace anatomynet {

/// A closed planar contour in the patient frame (LPS, mm), as RTSTRUCT's CLOSED_PLANAR has it.
struct PatientContour {
  std::vector<Vec3> points;  ///< not necessarily without repeats; the last joins the first
};

enum class Inclusion {
  centre,       ///< a voxel is in when its centre is inside
  half_covered  ///< a voxel is in when at least half of its cross-section is covered
};

enum class SliceGaps {
  leave,       ///< slices without contours between contoured ones stay empty
  interpolate  ///< filled by shape interpolation (signed distances) between the contoured neighbours
};

struct RasteriseOptions {
  Inclusion inclusion = Inclusion::centre;
  SliceGaps gaps = SliceGaps::leave;
};

struct Rasterised {
  LabelVolume mask;  ///< 0 or 1, on the given grid
  std::size_t contours_used = 0;
  std::vector<std::string>
      warnings;  ///< one line a kind of fault, with a count: too few points, NaN, outside, ...
};

/// The voxels inside the contours of one ROI. Contours that lie in one plane combine by exclusive or
/// (even-odd), so holes, keyholes and islands come out as drawn (PS3.3 C.8.8.6.3). Planes parallel to the
/// slices go to the slices they cover (a contour holds for the slab half-way to its neighbouring contour
/// planes, at most ...; see the .cpp); oblique planes are filled in their own plane and sampled into the
/// grid. Never throws for bad contours: they are left out, and said.
Rasterised rasterise(const std::vector<PatientContour>& contours, const Grid& grid,
                     const RasteriseOptions& options = {});

}  // namespace anatomynet

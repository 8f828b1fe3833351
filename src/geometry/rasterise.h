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

/// The voxels inside the contours of one ROI.
///
/// Contours in one plane (offsets within 0.1 mm) combine by the even-odd rule, so holes, keyholes, islands
/// and CLOSEDPLANAR_XOR come out as drawn (PS3.3 C.8.8.6.3). Which slices a plane fills: where every contour
/// plane lies on a slice (within a tenth of the slice spacing) each fills its own slice, planes of one slice
/// together. Otherwise planes lie
/// between slices or are tilted against them, and a voxel takes the nearest plane, at most half the ROI's
/// median plane distance (half a slice, if that is more) away; of two equally near the one further along the
/// axis. Tilted planes are filled where the voxel's centre projects onto them, whatever the angle. Contours
/// of several orientations are joined. Parts outside the grid are ignored. Never throws for bad contours:
/// they are left out, and said.
///
/// half_covered: the voxel's cross-section with the plane, measured on 16 lines across it, each exactly.
/// interpolate: only where planes are parallel to the slices (of any grid axis); of tilted planes each then
/// reaches half-way to the next.
Rasterised rasterise(const std::vector<PatientContour>& contours, const Grid& grid,
                     const RasteriseOptions& options = {});

}  // namespace anatomynet

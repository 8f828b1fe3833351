#pragma once
#include <string>
#include <vector>

#include "core/volume.h"

namespace anatomynet::geometry {

/// A closed planar contour in the patient frame (LPS, mm), as RTSTRUCT's CLOSED_PLANAR has it.
struct PatientContour {
  std::vector<Vec3> points;   ///< not necessarily without repeats; the last joins the first
  bool exclusive_or = false;  ///< CLOSEDPLANAR_XOR: where contours overlap in part, what both hold is out
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
  /// Where the grid's slices lie, mm along its z axis above the first, ascending; null: evenly spaced.
  const std::vector<double>* slices_mm = nullptr;
};

struct Rasterised {
  LabelVolume mask;                  ///< 0 or 1, on the given grid
  std::size_t contours_used = 0;     ///< those that enclose something, without repeats
  std::size_t contours_outside = 0;  ///< of these, those that lie outside the grid
  /// One line a kind of fault, with a count: too few points, NaN, repeats, overlaps, gaps, outside, ...
  std::vector<std::string> warnings;
};

/// The voxels inside the contours of one ROI. Order and starting vertex of contours and their direction of
/// travel have no influence, nor has a contour that is there twice.
///
/// Several contours in one plane (offsets within 0.1 mm): one drawn twice counts once; contours that overlap
/// in part are united unless they are CLOSEDPLANAR_XOR; for all else the even-odd rule holds, so holes,
/// keyholes and islands come out as drawn (PS3.3 C.8.8.6.3; combine.h has the measures).
///
/// Which slices a plane fills: where at least three in four planes lie on slices (within a tenth of the slice
/// distance, or 0.3 mm where the slices are at least 1 mm apart) those fill their own slice, planes of one
/// slice together; what lies between slices fills the nearest one that has none. Otherwise, and where planes
/// are tilted against the slices, a voxel takes the nearest plane, at most half the ROI's median plane
/// distance (half a slice, if that is more) away; of two equally near the one further along the axis. Tilted
/// planes are filled where the voxel's centre projects onto them, whatever the angle. Contours of several
/// orientations are joined. Parts outside the grid are ignored. Never throws for bad contours: they are left
/// out, and said.
///
/// half_covered: the voxel's cross-section with the plane, measured on 16 lines across it, each exactly.
/// interpolate: gaps of at most 10 mm from contour to contour, or 1.5 times the ROI's median distance if that
/// is more, but at most 20 mm; longer ones part a structure and stay empty. Where planes are parallel to the
/// slices (of any grid axis); of tilted planes each then reaches half-way to the next.
///
/// Time is bounded whatever the contours: what would take more than about 1e8 crossings of outlines with rows
/// of voxels is left out, and said.
Rasterised rasterise(std::vector<PatientContour> contours, const Grid& grid,
                     const RasteriseOptions& options = {});

}  // namespace anatomynet::geometry

#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/volume.h"

namespace anatomynet::geometry {

/// A closed outline in one slice, as RTSTRUCT's CLOSED_PLANAR has it (PS3.3 C.8.8.6).
struct SliceContour {
  std::int64_t z = 0;  ///< slice index
  /// (x, y) in fractional voxel indices: integers are voxel centres. Closed implicitly, the first point is
  /// not repeated. Shoelace area positive for outer outlines, negative for holes.
  std::vector<std::array<double, 2>> points;
  bool hole = false;  ///< cut out of the outer outline around it
};

/// The outlines of the voxels that equal `id`, slices ascending: outer ones and holes, each a simple polygon
/// of at least 4 points, none touching another. Points lie half-way between a voxel centre inside and its
/// neighbour outside, so every centre keeps 0.35 voxels of distance from the outline and any reader that
/// tests centres restores the mask exactly. Voxels that meet at a corner only belong to separate outlines.
std::vector<SliceContour> trace_contours(const LabelVolume& labels, int id);

/// Leaves out points on the straight line between their neighbours, and points within `tolerance_mm` of the
/// shortened outline. Tolerances are capped at a quarter of the smaller pixel side, which keeps the mask
/// exact.
void simplify(std::vector<SliceContour>& contours, const Grid& grid, double tolerance_mm = 0);

/// Smooths the voxels' staircase. Every point of an outline moves along the line between the voxel centre
/// inside and its neighbour outside, which it stays 0.1 of their distance away from, so the mask stays exact
/// and the polygons stay simple and apart; curve shortening at constant area says where to. Of digitised
/// ellipses 0.6 of the outline's error remains (0.13 voxels RMS). Then leaves out points within
/// `tolerance_mm`, at most 0.05 voxels, of the shortened outline. Takes contours of trace_contours, or those
/// keyholed, before simplify; channels stay where they are.
void smooth(std::vector<SliceContour>& contours, const Grid& grid, double tolerance_mm = 0.05);

/// Outer outlines alone, every hole joined to what surrounds it by a channel 0.04 voxels wide that passes no
/// voxel centre (the keyhole technique of PS3.3 C.8.8.6.3): simple polygons that readers without a notion of
/// holes fill correctly. Takes contours of trace_contours, before or after simplify.
std::vector<SliceContour> keyholed(const std::vector<SliceContour>& contours);

/// Sets to `id` every voxel of `labels` whose centre is inside, by the even-odd rule over all contours of a
/// slice. A centre on an edge belongs to the polygon to its +x (+y) side only. Parts outside the grid are
/// ignored. Errors: Error(input) on points that are not finite or fewer than 3.
void fill_contours(const std::vector<SliceContour>& contours, LabelVolume& labels, int id);

/// The points in the patient frame (LPS, mm).
std::vector<Vec3> to_patient(const SliceContour& contour, const Grid& grid);

}  // namespace anatomynet::geometry

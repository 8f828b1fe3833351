#pragma once
#include "geometry/contour_planes.h"

// Several contours in one plane. Internal to the geometry module.
namespace anatomynet::geometry {

/// What became of a ROI's contours that share a plane.
struct Combined {
  std::size_t repeats = 0;  ///< contours that are there already, counted once
  std::size_t united = 0;   ///< contours of which another one covers a part
  std::size_t united_planes = 0;
  std::size_t uncompared = 0;  ///< contours in planes with too many of them to compare each with each
  double work = 0;             ///< edges and lines looked at so far, over all planes

  void say(std::vector<std::string>& warnings) const;
};

/// Drops exact repeats and puts polygons that belong together into groups. Of two polygons, the smaller of
/// area s, the larger of area l, both even-odd by themselves, with the area i in common:
///
/// - i at most 0.001 s: apart.
/// - (s - i) + (l - i) at most a quarter of s, and at most `rim_mm` times the shorter outline: drawn twice;
///   one group, which holds what either holds.
/// - s - i at most 0.02 s: the smaller lies in the larger: a hole, or an island in a hole, by even-odd.
/// - else they overlap in part. One group where neither is CLOSEDPLANAR_XOR; otherwise even-odd.
///
/// Areas are measured on 128 lines. The order of polygons has no influence.
void combine(ContourPlane& plane, double rim_mm, Combined& done);

}  // namespace anatomynet::geometry

#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "geometry/rasterise.h"

// Which contours can be filled at all. Internal to the geometry module.
namespace anatomynet::geometry {

/// A contour that encloses something. Its points are in one order whatever vertex the file began with and
/// whichever way round it went, so that neither can change a mask.
struct Piece {
  std::vector<Vec3> points;
  Vec3 area{0, 0, 0};  ///< twice the area along the normal; of a figure of eight that of a triangle
  double size = 0;     ///< mm2 in its own plane
  bool exclusive_or = false;
};

/// What could not be filled, or not as it stands.
struct LeftOut {
  std::size_t few = 0, missing = 0, far = 0, flat = 0, directions = 0, bent = 0;
  double worst_bend = 0;

  void say(std::vector<std::string>& warnings) const;
};

/// "1 contour", "2 contours"
std::string contour_count(std::size_t n);

/// The contours that enclose something, largest first; the order of `contours` has no influence. Left out and
/// counted: fewer than 3 distinct points, a coordinate that is no number or beyond 1e9 mm, no area.
std::vector<Piece> usable_pieces(std::vector<PatientContour> contours, LeftOut& left_out);

}  // namespace anatomynet::geometry

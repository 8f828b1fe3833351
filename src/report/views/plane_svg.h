#pragma once
#include <string>

#include "report/views/plane_view.h"

namespace anatomynet::report {

/// A slice as an inline SVG picture, one unit a mm: the CT as a grey PNG of about `pixels` pixels in its
/// longer side; over it, sharp at any size, the outlines of trace_contours, which in axial planes are those
/// of the RTSTRUCT, the organ `own` in a thicker line (class "own"; 0: none); a bar of 20 mm and the letters
/// of the edges. `alt` is plain text.
std::string plane_svg(const Study& study, const Plane& plane, std::int64_t index, const Frame& frame,
                      int pixels, int own, const std::string& alt);

/// Style that plane_svg's elements need.
extern const char* const plane_svg_style;

}  // namespace anatomynet::report

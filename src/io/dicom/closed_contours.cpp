#include "io/dicom/closed_contours.h"

namespace anatomynet::io {

std::vector<geometry::PatientContour> closed_contours(StoredRoi& roi) {
  std::vector<geometry::PatientContour> out;
  std::size_t open = 0, unknown = 0, xors = 0;
  for (StoredContour& contour : roi.contours) {
    if (contour.kind == ContourKind::open || contour.kind == ContourKind::unknown) {
      ++(contour.kind == ContourKind::open ? open : unknown);
      continue;
    }
    const bool exclusive_or = contour.kind == ContourKind::closed_planar_xor;
    xors += exclusive_or;
    out.push_back({std::move(contour.points), exclusive_or});
  }
  const auto say = [&](std::size_t n, const char* what) {
    if (n > 0) roi.warnings.push_back(std::to_string(n) + (n == 1 ? " contour " : " contours ") + what);
  };
  say(open, "of type POINT or OPEN, which enclose nothing, left out");
  say(unknown, "of unknown type left out");
  if (xors > 0 && xors < out.size())
    say(xors, "of type CLOSEDPLANAR_XOR among others of CLOSED_PLANAR; each read by its own type");
  if (roi.contours.empty()) roi.warnings.emplace_back("no contours");
  roi.contours = {};
  return out;
}

}  // namespace anatomynet::io

#include "cli/roi_contours.h"

#include <algorithm>

#include "geometry/contours.h"

namespace anatomynet::cli {
namespace {

std::vector<SliceContour> outlines(const LabelVolume& labels, int id, const ContourStyle& style,
                                   bool& exclusive_or) {
  std::vector<SliceContour> contours = trace_contours(labels, id);
  // organs without holes keep the type that every reader knows
  exclusive_or = style.exclusive_or &&
                 std::any_of(contours.begin(), contours.end(), [](const SliceContour& c) { return c.hole; });
  if (style.smooth) {
    if (!exclusive_or) contours = keyholed(contours);
    smooth(contours, labels.grid);
    return contours;
  }
  simplify(contours, labels.grid);
  return exclusive_or ? contours : keyholed(contours);
}

}  // namespace

std::vector<RoiContours> roi_contours(const LabelVolume& labels, const OrganTable& organs,
                                      const ContourStyle& style) {
  std::vector<RoiContours> rois;
  for (const Organ& organ : organs) {
    RoiContours roi{organ, {}, {}};
    for (const SliceContour& contour : outlines(labels, organ.id, style, roi.exclusive_or)) {
      roi.polygons.push_back(to_patient(contour, labels.grid));
      roi.slice.push_back(static_cast<int>(contour.z));
    }
    rois.push_back(std::move(roi));
  }
  return rois;
}

}  // namespace anatomynet::cli

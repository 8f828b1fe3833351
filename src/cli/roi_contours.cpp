#include "cli/roi_contours.h"

#include "geometry/contours.h"

namespace anatomynet::cli {

std::vector<RoiContours> roi_contours(const LabelVolume& labels, const OrganTable& organs) {
  std::vector<RoiContours> rois;
  for (const Organ& organ : organs) {
    RoiContours roi{organ, {}, {}};
    auto contours = trace_contours(labels, organ.id);
    simplify(contours, labels.grid);
    for (const SliceContour& contour : keyholed(contours)) {
      roi.polygons.push_back(to_patient(contour, labels.grid));
      roi.slice.push_back(static_cast<int>(contour.z));
    }
    rois.push_back(std::move(roi));
  }
  return rois;
}

}  // namespace anatomynet::cli

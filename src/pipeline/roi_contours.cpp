#include "pipeline/roi_contours.h"

#include <algorithm>

#include "geometry/contours.h"
#include "pipeline/derived_structures.h"

namespace anatomynet::pipeline {
namespace {

std::vector<geometry::SliceContour> outlines(const LabelVolume& labels, int id, const ContourStyle& style,
                                             bool& exclusive_or) {
  std::vector<geometry::SliceContour> contours = geometry::trace_contours(labels, id);
  // organs without holes keep the type that every reader knows
  exclusive_or = style.exclusive_or && std::any_of(contours.begin(), contours.end(),
                                                   [](const geometry::SliceContour& c) { return c.hole; });
  if (style.smooth) {
    if (!exclusive_or) contours = geometry::keyholed(contours);
    geometry::smooth(contours, labels.grid);
    return contours;
  }
  geometry::simplify(contours, labels.grid);
  return exclusive_or ? contours : geometry::keyholed(contours);
}

std::vector<Vec3> on_its_slice(geometry::SliceContour contour, const UnevenSlices& uneven) {
  Grid slice = uneven.even();
  slice.origin = uneven.origin_of(contour.z);
  contour.z = 0;
  return geometry::to_patient(contour, slice);
}

std::vector<io::RoiContours> traced(const LabelVolume& labels, const OrganTable& organs,
                                    const ContourStyle& style, const UnevenSlices* uneven) {
  std::vector<io::RoiContours> rois;
  for (const Organ& organ : organs) {
    io::RoiContours roi{organ, {}, {}};
    for (const geometry::SliceContour& contour : outlines(labels, organ.id, style, roi.exclusive_or)) {
      roi.polygons.push_back(uneven ? on_its_slice(contour, *uneven)
                                    : geometry::to_patient(contour, labels.grid));
      roi.slice.push_back(static_cast<int>(contour.z));
    }
    rois.push_back(std::move(roi));
  }
  return rois;
}

}  // namespace

std::vector<io::RoiContours> roi_contours(const LabelVolume& labels, const OrganTable& organs,
                                          const ContourStyle& style, const UnevenSlices* uneven) {
  return uneven ? traced(uneven->to_slices(labels), organs, style, uneven)
                : traced(labels, organs, style, nullptr);
}

io::RoiContours contours_of(const TemplateRoi& roi, const LabelVolume& labels, int value,
                            const ContourStyle& style, const UnevenSlices* uneven) {
  Organ organ = roi.organ;
  organ.id = value;
  io::RoiContours out = std::move(roi_contours(labels, {organ}, style, uneven).front());
  out.organ = roi.organ;
  out.interpreted_type = roi.type;
  out.description = roi.description;
  return out;
}

io::RoiContours contours_of(const TemplateRoi& roi, const evaluation::BoxedMask& mask,
                            const ContourStyle& style, const UnevenSlices* uneven) {
  return contours_of(roi, whole(mask), 1, style, uneven);
}

}  // namespace anatomynet::pipeline

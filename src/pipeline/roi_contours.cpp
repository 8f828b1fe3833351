#include "pipeline/roi_contours.h"

#include <algorithm>

#include "geometry/contours.h"
#include "pipeline/derived_structures.h"

namespace anatomynet::pipeline {
namespace {

using Contours = std::vector<geometry::SliceContour>;

// The mask's box alone is traced: a whole volume a structure is mostly memory to clear.
Contours traced_in_box(const evaluation::BoxedMask& mask) {
  if (mask.empty()) return {};
  Grid grid = mask.grid;
  grid.size = mask.size;
  LabelVolume box(grid);
  box.voxels = mask.voxels;
  Contours contours = geometry::trace_contours(box, 1);
  for (geometry::SliceContour& contour : contours) {
    contour.z += mask.low[2];
    for (auto& point : contour.points) {
      point[0] += double(mask.low[0]);
      point[1] += double(mask.low[1]);
    }
  }
  return contours;
}

Contours outlines(Contours contours, const Grid& grid, const ContourStyle& style, bool& exclusive_or) {
  // organs without holes keep the type that every reader knows
  exclusive_or = style.exclusive_or && std::any_of(contours.begin(), contours.end(),
                                                   [](const geometry::SliceContour& c) { return c.hole; });
  if (style.smooth) {
    if (!exclusive_or) contours = geometry::keyholed(contours);
    geometry::smooth(contours, grid);
    return contours;
  }
  geometry::simplify(contours, grid);
  return exclusive_or ? contours : geometry::keyholed(contours);
}

std::vector<Vec3> on_its_slice(geometry::SliceContour contour, const UnevenSlices& uneven) {
  Grid slice = uneven.even();
  slice.origin = uneven.origin_of(contour.z);
  contour.z = 0;
  return geometry::to_patient(contour, slice);
}

io::RoiContours roi_of(const Organ& organ, Contours traced, const Grid& grid, const ContourStyle& style,
                       const UnevenSlices* uneven) {
  io::RoiContours roi{organ, {}, {}};
  for (const geometry::SliceContour& contour : outlines(std::move(traced), grid, style, roi.exclusive_or)) {
    roi.polygons.push_back(uneven ? on_its_slice(contour, *uneven) : geometry::to_patient(contour, grid));
    roi.slice.push_back(static_cast<int>(contour.z));
  }
  return roi;
}

std::vector<io::RoiContours> traced(const LabelVolume& labels, const OrganTable& organs,
                                    const ContourStyle& style, const UnevenSlices* uneven) {
  std::vector<io::RoiContours> rois;
  for (const Organ& organ : organs)
    rois.push_back(roi_of(organ, geometry::trace_contours(labels, organ.id), labels.grid, style, uneven));
  return rois;
}

io::RoiContours as_in_template(io::RoiContours out, const templates::TemplateRoi& roi) {
  out.organ = roi.organ;
  out.interpreted_type = roi.type;
  out.description = roi.description;
  return out;
}

}  // namespace

std::vector<io::RoiContours> roi_contours(const LabelVolume& labels, const OrganTable& organs,
                                          const ContourStyle& style, const UnevenSlices* uneven) {
  return uneven ? traced(uneven->to_slices(labels), organs, style, uneven)
                : traced(labels, organs, style, nullptr);
}

io::RoiContours contours_of(const templates::TemplateRoi& roi, const LabelVolume& labels, int value,
                            const ContourStyle& style, const UnevenSlices* uneven) {
  Organ organ = roi.organ;
  organ.id = value;
  return as_in_template(std::move(roi_contours(labels, {organ}, style, uneven).front()), roi);
}

io::RoiContours contours_of(const templates::TemplateRoi& roi, const evaluation::BoxedMask& mask,
                            const ContourStyle& style, const UnevenSlices* uneven) {
  if (uneven) return contours_of(roi, whole(mask), 1, style, uneven);
  return as_in_template(roi_of(roi.organ, traced_in_box(mask), mask.grid, style, nullptr), roi);
}

}  // namespace anatomynet::pipeline

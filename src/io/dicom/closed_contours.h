#pragma once
#include <vector>

#include "geometry/rasterise.h"
#include "io/dicom/structure_set.h"

namespace anatomynet::io {

/// The contours of a ROI that enclose something, for rasterise: the one choice of contours for all commands.
/// Takes the points out of `roi`; adds to its warnings how many contours enclose nothing by their type, and
/// whether there is none at all.
std::vector<geometry::PatientContour> closed_contours(StoredRoi& roi);

}  // namespace anatomynet::io

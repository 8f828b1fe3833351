#include "geometry/rasterise_uneven.h"

#include <algorithm>
#include <cmath>

namespace anatomynet {
namespace {

// Slices by which the points of a contour in the plane of a slice may differ.
constexpr double flat = 0.25;

// The contour where the slices are counted, each the mean distance from the next. False where it lies across
// them.
bool count_slices(PatientContour& contour, const UnevenSlices& slices, const Grid& counted) {
  const Grid& even = slices.even();
  double low = INFINITY, high = -INFINITY;
  for (Vec3& point : contour.points) {
    Vec3 index = even.to_index(point);
    if (!std::isfinite(index[2])) continue;  // rasterise says so
    index[2] = slices.positions().index_of(index[2] * even.spacing[2]);
    low = std::min(low, index[2]);
    high = std::max(high, index[2]);
    point = counted.to_world(index);
  }
  return !(high - low > flat);
}

}  // namespace

Rasterised rasterise(const std::vector<PatientContour>& contours, const UnevenSlices& slices,
                     const RasteriseOptions& options) {
  const Grid counted = slices.on_slices();
  std::vector<PatientContour> on_slices, across;
  for (const PatientContour& contour : contours) {
    PatientContour moved = contour;
    if (count_slices(moved, slices, counted))
      on_slices.push_back(std::move(moved));
    else
      across.push_back(contour);
  }
  Rasterised out = rasterise(on_slices, counted, options);
  if (!across.empty()) {
    Rasterised other = rasterise(across, slices.even(), options);
    const LabelVolume sliced = slices.to_slices(other.mask);
    std::transform(sliced.voxels.begin(), sliced.voxels.end(), out.mask.voxels.begin(),
                   out.mask.voxels.begin(),
                   [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a | b); });
    out.contours_used += other.contours_used;
    out.warnings.insert(out.warnings.end(), other.warnings.begin(), other.warnings.end());
  }
  out.mask = slices.to_even(out.mask);
  return out;
}

}  // namespace anatomynet

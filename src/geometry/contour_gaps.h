#pragma once
#include <string>
#include <vector>

#include "geometry/voxel_frame.h"

// Internal to the geometry module.
namespace anatomynet::geometry {

/// Slices without contours between slices that have some.
class ContourGaps {
 public:
  /// `contoured`: one mark a slice.
  ContourGaps(const std::vector<char>& contoured, const AxisSamples& slices);

  /// mm from contour to contour up to which a gap is filled: 10, or 1.5 times the median distance of contours
  /// if that is more, but at most 20.
  static double largest_filled_mm(double median_distance);
  double largest_filled_mm() const { return largest_; }
  void say(bool filled, std::vector<std::string>& warnings) const;

 private:
  double largest_ = 0, longest_short_ = 0, longest_ = 0;  ///< mm from contour to contour
  std::size_t short_slices_ = 0, long_slices_ = 0;        ///< without contours
};

}  // namespace anatomynet::geometry

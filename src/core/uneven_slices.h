#pragma once
#include <cstdint>
#include <vector>

#include "core/names.h"
#include "core/volume.h"

namespace anatomynet::core {

/// Where the voxels of one index axis lie when they are not evenly spaced: mm along the axis from the first
/// voxel's centre, ascending, the first 0. The grid of such a volume is right but for its spacing there.
struct AxisPositions {
  int axis = 2;
  std::vector<double> mm;

  /// The fractional index of a point `at` mm from the first voxel; beyond the ends the outermost gap goes on.
  double index_of(double at) const;
  /// mm of a fractional index, the inverse.
  double mm_of(double index) const;
};

/// The slices of a CT whose distances differ, and the even grid on which it is shown.
///
/// A volume "on the slices" has one z index a slice. Image files, pictures and most measurements need an even
/// grid instead. It runs from the first slice at a distance, `even().spacing[2]`, at which no two CT slices
/// fall to one place: the mean where that will do, else the smallest. Each of its slices shows the label of
/// the nearest CT slice, and each CT slice is shown, so labels go there and back without loss.
class UnevenSlices {
 public:
  /// `first`: the grid of the first slice (size, spacing and direction along x and y; direction of z).
  /// `heights`: mm of each slice along z above the first, ascending, at least two. Throws Error(input) where
  /// the even grid would have more than `most_even` slices.
  UnevenSlices(const Grid& first, std::vector<double> heights);

  std::int64_t count() const { return static_cast<std::int64_t>(positions_.mm.size()); }
  const AxisPositions& positions() const { return positions_; }  ///< along z
  /// mm of patient that a slice stands for: half the way to each neighbour; the outermost reach as far out
  /// as in.
  double slab(std::int64_t slice) const;
  /// LPS mm of the centre of a slice's first voxel.
  Vec3 origin_of(std::int64_t slice) const;

  const Grid& even() const { return even_; }
  std::int64_t slice_of(std::int64_t z) const { return slice_of_[static_cast<std::size_t>(z)]; }
  /// The even grid's slice nearest to a CT slice: slice_of(shown_at(i)) == i.
  std::int64_t shown_at(std::int64_t slice) const { return shown_at_[static_cast<std::size_t>(slice)]; }
  /// mm of patient that slice z of the even grid stands for: a share of its CT slice's slab.
  double thickness(std::int64_t z) const;

  /// ml of each label, by its value, each CT slice counting with its slab.
  std::vector<double> volumes_ml(const LabelVolume& even) const;

  /// The grid of volumes on the slices: spacing along z is the mean distance, for memory and messages only.
  Grid on_slices() const;
  /// The CT slice nearest to each slice of the even grid.
  LabelVolume to_even(const LabelVolume& on_slices) const;
  /// What the even grid shows at each CT slice; the inverse of to_even.
  LabelVolume to_slices(const LabelVolume& even) const;
  /// HU on the even grid, interpolated linearly between slices.
  CtVolume interpolated(const CtVolume& on_slices) const;

  static constexpr std::int64_t most_even = 4096;

 private:
  Grid even_;
  AxisPositions positions_;
  std::vector<std::int64_t> slice_of_, shown_at_;
  std::vector<int> times_;  ///< how often a slice is shown
};

}  // namespace anatomynet::core

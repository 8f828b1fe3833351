#pragma once
#include <array>

#include "core/label_boxes.h"
#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::report {

/// Where one organ lies in a label map.
struct Extent {
  std::int64_t voxels = 0;
  double ml = 0;
  Size3 low{}, high{};                                ///< first and last voxel along each axis
  std::array<std::vector<std::int64_t>, 3> sections;  ///< voxels in each slice across axis k

  LabelBox box() const;
  /// The slice across axis k that holds most of the organ.
  std::int64_t largest_section(int k) const;
  /// First and last voxel along axis k, less what lies beyond 0.5% of the organ's voxels at either end: lone
  /// voxels far away.
  std::array<std::int64_t, 2> bulk(int k) const;
};

/// One extent for each organ of the table, in its order. `known_ml`: volumes by organ id; empty: counted.
std::vector<Extent> survey(const LabelVolume& labels, const OrganTable& organs,
                           const std::vector<double>& known_ml = {});

/// The slice across axis k on which most organs show at least a third of their largest section; of several
/// the one that shows most. The middle slice where there is no organ at all.
std::int64_t best_slice(const std::vector<Extent>& extents, int k, std::int64_t slices);

}  // namespace anatomynet::report

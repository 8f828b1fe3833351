#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/volume.h"

namespace anatomynet::evaluation {

/// Agreement of two label maps about one organ. Dice (DSC) = 2 |A and B| / (|A| + |B|), 0 to 1.
struct OrganDice {
  int id = 0;                  ///< voxel value
  std::int64_t predicted = 0;  ///< voxels
  std::int64_t truth = 0;      ///< voxels
  std::int64_t overlap = 0;    ///< voxels
  std::optional<double> dice;  ///< none where the organ is in neither
};

/// One row for each of `ids`, in their order. Errors: Error(input) naming both geometries when the two maps
/// do not lie on the same grid (within 0.01 mm, more than what file formats round away).
std::vector<OrganDice> dice_of(const LabelVolume& predicted, const LabelVolume& truth,
                               const std::vector<int>& ids);

/// The same for every organ that occurs in either map, ascending.
std::vector<OrganDice> dice_of(const LabelVolume& predicted, const LabelVolume& truth);

}  // namespace anatomynet::evaluation

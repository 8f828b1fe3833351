#pragma once
#include <cstdint>
#include <vector>

namespace anatomynet {

/// How sure the network was of one organ. Probability: softmax over the channels' logits, interpolated to the
/// centre of a voxel of the CT, of the organ that won there.
struct OrganConfidence {
  int id = 0;                        ///< organ id
  std::int64_t voxels = 0;           ///< that the organ won
  double mean = 0;                   ///< probability, over those voxels
  std::int64_t boundary_voxels = 0;  ///< of them, with another label among the six neighbours
  double boundary_low = 0;           ///< 5th percentile of the probability over the boundary voxels
};

using Confidence = std::vector<OrganConfidence>;  ///< by id; organs without a voxel are not in it

}  // namespace anatomynet

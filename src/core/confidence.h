#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/grid.h"
#include "core/names.h"
#include "core/undecided.h"

namespace anatomynet::core {

/// How sure the network was of one organ. Probability: softmax over the channels' logits, interpolated to the
/// centre of a voxel of the CT (axes turned nearest to L, P, S), of the organ that won there; in steps of
/// 1/255.
struct OrganConfidence {
  int id = 0;                         ///< organ id
  std::int64_t voxels = 0;            ///< that the organ won
  double mean = 0;                    ///< probability, over those voxels
  std::int64_t boundary_voxels = 0;   ///< of them, with another label among the six neighbours
  double boundary_low = 0;            ///< 5th percentile of the probability over the boundary voxels
  std::vector<UnsurePlace> unsure{};  ///< where the decision was close, the least sure first
};

using Confidence = std::vector<OrganConfidence>;  ///< by id; organs without a voxel are not in it

/// Gathers confidence slice by slice: counts by organ and probability, so the result does not depend on how
/// the slices arrive. Keeps two slices.
class ConfidenceSums {
 public:
  /// `grid` of the labels; `uneven`: where voxels lie along one of its axes.
  explicit ConfidenceSums(const Grid& grid, const AxisPositions* uneven = nullptr);
  /// Further slices, in order of z, y x x each: labels; the winners' probabilities in 1/255; and the label
  /// that came second where it was close (UndecidedRegions::close_logits), else the label itself.
  void take(const std::uint8_t* labels, const std::uint8_t* levels, const std::uint8_t* rivals,
            std::int64_t slices);
  Confidence finish();

 private:
  struct Slice {
    std::vector<std::uint8_t> labels, levels, rivals;
  };
  using Levels = std::array<std::int64_t, 256>;
  void count_middle(const std::uint8_t* after);

  Size3 size_;
  Slice before_, middle_;
  std::int64_t taken_ = 0;
  UndecidedRegions undecided_;
  std::vector<Levels> all_ = std::vector<Levels>(256), boundary_ = std::vector<Levels>(256);
};

}  // namespace anatomynet::core

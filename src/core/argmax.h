#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/confidence.h"
#include "core/hu_scores.h"
#include "core/names.h"
#include "core/uneven_slices.h"
#include "core/volume.h"

namespace anatomynet::core {

/// Labels from a network's scores, on another grid with the same axes. `scores`: channels x z x y x x floats
/// (logits) on `scores_grid`; `ids[c]` is the label of channel c. Scores are interpolated linearly (clamped
/// at the border) one target slice at a time and the highest wins, the lower channel on a tie: no
/// full-resolution score array exists. The result does not depend on the number of threads.
LabelVolume argmax_on_grid(std::span<const float> scores, const Grid& scores_grid,
                           const std::vector<std::uint8_t>& ids, const Grid& target);

/// Linear interpolation between a source sample and the next: value = low + weight (high - low).
struct LinearTap {
  std::int64_t low, high;
  float weight;
};

/// Where each of the target's samples along index axis k lies among the source's, clamped at the border.
/// `uneven`: where the target's samples lie along one of its axes.
std::vector<LinearTap> linear_taps(const Grid& source, const Grid& target, int k,
                                   const AxisPositions* uneven = nullptr);

/// The same, as an engine's scores arrive: slabs of channels x `slices` x y x x floats, in order of z,
/// without gap or overlap. Of earlier slabs one slice is kept.
class StreamedArgmax {
 public:
  /// `hu`: what the CT's own HU adds at the target's voxels; it outlives this.
  StreamedArgmax(const Grid& scores_grid, std::vector<std::uint8_t> ids, const Grid& target,
                 const AxisPositions* uneven = nullptr, const HuScores* hu = nullptr);
  ~StreamedArgmax();
  /// Throws Error(internal) for a slab out of order or of another size.
  void take(std::span<const float> slab, std::int64_t z, std::int64_t slices);
  /// Throws Error(internal) where slices are missing.
  LabelVolume finish();
  /// How sure the winners were; call it before `finish`.
  Confidence confidence();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anatomynet::core

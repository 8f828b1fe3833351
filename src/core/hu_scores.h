#pragma once
#include <cstdint>
#include <vector>

#include "core/names.h"
#include "core/volume_view.h"

namespace anatomynet::core {

/// What a CT's HU at a voxel says about an organ there: logits that are added to its score. Linear between
/// the knots, constant beyond them; without knots 0.
struct HuCurve {
  std::vector<double> hu;      ///< knots, ascending
  std::vector<double> logits;  ///< at the knots
  double at(double value) const;
};

/// Adds such logits where labels are made. The HU of a voxel is the mean over the box around it whose sides
/// are at most 4 mm (an odd number of voxels, those in the volume; of fine ones at most five a side, evenly
/// apart), so that the noise of fine pixels averages out and curves that were found on pixels of 3 to 5 mm
/// hold. A view: the CT outlives it.
class HuScores {
 public:
  /// `turn`: brings the CT's axes to those of the labels. `of_channel`: a curve for each channel of the
  /// scores.
  HuScores(const CtView& ct, const Orientation& turn, const std::vector<HuCurve>& of_channel);
  /// The highest logit that a channel can gain on the first, at least 0.
  float most() const { return most_; }
  /// Adds to the scores of a voxel of the turned grid, one every `stride` floats.
  void add(std::int64_t x, std::int64_t y, std::int64_t z, float* scores, std::int64_t stride) const;
  /// The HU of a voxel of the turned grid.
  double local_hu(const Size3& at) const;

 private:
  const std::int16_t* first_;  // the turned grid's first voxel
  Size3 step_{}, size_{};      // voxels from one to the next, of the grid
  Size3 radius_{}, apart_{};   // of the box, and from one of its samples to the next
  std::int64_t channels_ = 0;
  int low_ = 0, high_ = 0;    // HU of the table's first and last row
  std::vector<float> table_;  // a row of logits for each HU
  float most_ = 0;
};

}  // namespace anatomynet::core

#pragma once
#include <set>
#include <vector>

#include "evaluation/dice.h"
#include "inference/segmenter.h"

namespace anatomynet::inference {

/// Two engines on the same CTs: `checked` against `reference`.
struct EngineCheck {
  double largest_difference = 0;              ///< of two logits of the same class and voxel
  double largest_logit = 0;                   ///< of the reference, by absolute value
  std::int64_t voxels = 0, same = 0;          ///< of the CTs' own grids: all, and those of the same label
  std::vector<evaluation::OrganDice> organs;  ///< over all CTs together; `truth` is the reference
  std::set<int> by_shape;  ///< ids of organs that are drawn by their shape, not by these labels
  int cases = 0;

  double agreement() const { return voxels > 0 ? double(same) / double(voxels) : 0; }
  /// Of the organs that either engine found, without those that are drawn by their shape; 1 where there is
  /// none.
  double least_dice() const;
};

/// Adds one CT. Both engines' labels are made as `segment` makes them; the logits are compared on the
/// network's grid, one engine's kept meanwhile (channels x voxels floats). Errors as Segmenter::run;
/// Error(model) where either gives a logit that is NaN or infinite.
void check_engines(const model::ModelInfo& info, const std::shared_ptr<Engine>& reference,
                   const std::shared_ptr<Engine>& checked, const CtVolume& ct, EngineCheck& sum);

}  // namespace anatomynet::inference

#pragma once
#include <functional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "dataset/prepared_case.h"

namespace anatomynet {

/// A case at the network's spacing, axes along L, P, S.
struct TrainingCase {
  std::string id;
  torch::Tensor image;      ///< D x H x W, int16 HU
  torch::Tensor labels;     ///< D x H x W, uint8 class: 0 background, 1 + i for organs[i]
  torch::Tensor annotated;  ///< C floats, 1 where the class is annotated ([0] is 1 only where all organs are)
  Grid grid;                ///< where `image` lies
  LabelVolume
      truth;  ///< classes at the CT's own resolution, axes along L, P, S: what validation measures against
  /// Set where the case lies in a packed file and all but the id is absent here.
  std::function<TrainingCase()> load;
};

/// The case with its voxels: itself, or as `load` gives it anew each time, so that no more cases are in
/// memory than are in use.
TrainingCase loaded(const TrainingCase& c);

/// prepare_volumes, as tensors.
TrainingCase prepare(const LabelledCase& source, const OrganTable& organs, const InputOptions& input);
TrainingCase to_tensors(PreparedCase prepared);

/// HU to the network's input range: float, clipped to [0, 1].
torch::Tensor scale_hu(const torch::Tensor& hu, double hu_low, double hu_high);

}  // namespace anatomynet

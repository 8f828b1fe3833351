#pragma once
#include <vector>

#include "training/augmentation/augment.h"
#include "training/augmentation/elastic.h"

namespace anatomynet::training {

/// Where a sample's voxels come from: target voxel t (z, y, x) shows the case at
/// m (t + displacement(t) - middle) + centre, middle = (crop - 1) / 2.
struct SpaceMap {
  std::array<std::array<double, 3>, 3> m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  std::array<double, 3> centre{};
  Index3 crop{};
  bool flip = false;  ///< `m` mirrors x, so sides must be exchanged
  torch::Tensor
      control;  ///< control points of a 3D displacement (training/augmentation/elastic.h); undefined: none
  double spacing = 0;   ///< voxels between them
  torch::Tensor plane;  ///< in-plane displacement (training/augmentation/elastic.h); undefined: none
};

/// Draws crop, affine and elastic fields.
SpaceMap random_space(const TrainingCase& source, const AugmentOptions& options, std::mt19937_64& random);

/// Voxels of the case that the sample's voxels show: 3 (z, y, x) x D x H x W, float, on `device`.
torch::Tensor source_positions(const SpaceMap& map, torch::Device device);

/// Where a voxel of the case comes to lie in the sample, displacements left out.
std::array<double, 3> target_position(const SpaceMap& map, const std::array<double, 3>& source);

/// The sample's image and labels (sides not yet exchanged), air and background outside the case.
Sample sampled(const TrainingCase& source, const SpaceMap& map, LabelInterpolation labels,
               torch::Device device);

}  // namespace anatomynet::training

#pragma once
#include <random>

#include "training/case.h"

namespace anatomynet {

struct AugmentOptions {
  Size3 crop{96, 80, 64};  ///< voxels x y z of the sample; larger than the case is filled with air
  double rotation = 10;    ///< degrees, about each axis (uniform, both ways)
  double scale = 0.12;     ///< relative
  double shift_hu = 30;    ///< added to all voxels
  double contrast = 0.08;  ///< relative, about 0 HU
  double noise_hu = 20;    ///< largest standard deviation of white noise
  double blank =
      0.3;  ///< chance that slabs outside a random box are blanked to air, as some scanners' users do
  bool flip = true;            ///< left-right, the organs' sides exchanged
  double organ_centred = 0.8;  ///< chance that the crop is centred near an annotated organ voxel
  double jitter =
      0.2;  ///< of the crop: how far from that voxel; other crops may reach half as far out of the case
};

struct Sample {
  torch::Tensor image;   ///< D x H x W, float HU
  torch::Tensor labels;  ///< D x H x W, int64
};

/// One random crop of a case. All randomness comes from `random`, so a seed a case and epoch makes it
/// repeatable. `mirror[c]` is the class of class c's other side (itself where it has none).
Sample augmented_crop(const TrainingCase& source, const AugmentOptions& options,
                      const std::vector<std::int64_t>& mirror, std::mt19937_64& random);

/// For each class the class of the opposite side.
std::vector<std::int64_t> mirror_classes(const OrganTable& organs);

}  // namespace anatomynet

#pragma once
#include <random>

#include "training/data/case.h"

namespace anatomynet::training {

enum class LabelInterpolation {
  nearest,  ///< each voxel takes the label of the nearest one
  linear,   ///< each organ's mask is interpolated linearly, the largest share wins
};

/// What may happen to a sample. A chance is that of the effect for one sample; a size is the largest, drawn
/// uniformly. docs/training.md lists the keys of the configuration.
struct AugmentOptions {
  Size3 crop{96, 80, 64};  ///< voxels x y z of the sample; larger than the case is filled with air
  double rotation = 10;    ///< degrees, about each axis, both ways
  double scale = 0.12;     ///< relative
  double shift_hu = 30;    ///< added to all voxels, both ways
  double contrast = 0.08;  ///< relative, about 0 HU
  double noise_hu = 20;    ///< largest standard deviation of white noise; every other sample has some
  double blank =
      0.3;  ///< chance that slabs outside a random box are blanked to air, as some scanners' users do
  bool flip = true;            ///< left-right, the organs' sides exchanged, every other sample
  double organ_centred = 0.8;  ///< chance that the crop is centred near an annotated organ voxel
  double jitter =
      0.2;  ///< of the crop: how far from that voxel; other crops may reach half as far out of the case

  double elastic =
      0.3;  ///< chance of a smooth 3D displacement (cubic B-spline, training/augmentation/elastic.h)
  double elastic_voxels = 4;  ///< largest displacement of its control points along each axis
  double elastic_spacing =
      16;                    ///< voxels between them; the field cannot fold while 0.4 of it is not exceeded
  double corner_jitter = 0;  ///< in-plane affine of Zhu et al. 2019: three corners move by up to this share
                             ///< of min(y, x) of the case
  double plane_alpha = 0;    ///< its in-plane elastic field, the same in every slice (Simard et al. 2003):
  double plane_sigma = 30;   ///< alpha times uniform noise, smoothed by sigma voxels; 0: none
  LabelInterpolation labels = LabelInterpolation::nearest;

  double blur = 0.15;         ///< chance of a Gaussian blur
  double blur_voxels = 0.8;   ///< its largest standard deviation
  double gamma = 0.15;        ///< chance of a gamma curve between -250 and 450 HU (fat to bone)
  double gamma_range = 0.25;  ///< its exponent lies between 1 / (1 + this) and 1 + this
  double streaks =
      0.1;  ///< chance of streaks around teeth, as metal makes them (training/augmentation/streaks.h)
  double streak_hu = 400;         ///< their largest height, both ways
  double coarse = 0.1;            ///< chance of a lower resolution in-plane, by averaging
  double coarse_factor = 1.5;     ///< the largest factor
  double thick_slices = 0.1;      ///< chance of thicker slices, by averaging
  std::int64_t thick_factor = 2;  ///< the most slices in one
};

/// Nothing happens: the sample is the case's middle, or all of it where `crop` is as large.
AugmentOptions no_augmentation(const Size3& crop);

struct Sample {
  torch::Tensor image;   ///< D x H x W, float HU
  torch::Tensor labels;  ///< D x H x W, uint8 class
  torch::Tensor
      zones;  ///< D x H x W, uint8: the zone of each voxel (training/data/case.h); undefined: all in zone 0
  torch::Tensor annotated, known;  ///< the case's, sides exchanged where the sample is flipped
};

/// One random crop of a case, made on `device`. Every random number is drawn on the CPU from `random` and
/// from the case's own voxels, so a seed a case and epoch gives the same sample bit for bit on any number of
/// threads, and to rounding on any device. All that moves voxels is composed into one sampling, the image
/// linear; a crop that moves none copies them. `mirror[c]` is the class of class c's other side (itself where
/// it has none).
Sample augmented_crop(const TrainingCase& source, const AugmentOptions& options,
                      const std::vector<std::int64_t>& mirror, std::mt19937_64& random,
                      torch::Device device = torch::kCPU);

/// For each class the class of the opposite side.
std::vector<std::int64_t> mirror_classes(const OrganTable& organs);

}  // namespace anatomynet::training

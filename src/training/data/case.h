#pragma once
#include <functional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "dataset/prepared_case.h"

namespace anatomynet::training {

/// Where annotations of part of an organ end: each slice belongs to a zone, each zone has its set of classes
/// that are known there. Zone 0, also that of what lies outside the volume, knows all classes.
struct AnnotatedZones {
  torch::Tensor of_slice;  ///< D, uint8; undefined where no annotation is partial: all slices are in zone 0
  torch::Tensor known;     ///< zones x C, bool; undefined likewise
};

/// The zones of a volume of `labels` (D x H x W classes) in which each class of `partial` is known from its
/// first to its last slice alone. `classes` counts the background.
AnnotatedZones annotated_zones(const torch::Tensor& labels, const std::vector<std::uint8_t>& partial,
                               std::int64_t classes);

/// A case at the network's spacing, axes along L, P, S.
struct TrainingCase {
  std::string id;
  torch::Tensor image;      ///< D x H x W, int16 HU
  torch::Tensor labels;     ///< D x H x W, uint8 class: 0 background, 1 + i for organs[i]
  torch::Tensor annotated;  ///< C floats, PreparedCase::annotated
  AnnotatedZones zones;     ///< where the annotations say something
  Grid grid;                ///< where `image` lies
  LabelVolume
      truth;  ///< classes at the CT's own resolution, axes along L, P, S: what validation measures against
  std::vector<std::uint8_t> partial_extent;  ///< classes, PreparedCase::partial_extent
  /// Set where the case lies in a packed file and all but the id is absent here.
  std::function<TrainingCase()> load;
};

/// The case with its voxels: itself, or as `load` gives it anew each time, so that no more cases are in
/// memory than are in use.
TrainingCase loaded(const TrainingCase& c);

/// prepare_volumes, as tensors.
TrainingCase prepare(const dataset::LabelledCase& source, const OrganTable& organs,
                     const dataset::InputOptions& input);
TrainingCase to_tensors(dataset::PreparedCase prepared);

/// HU to the network's input range: float, clipped to [0, 1].
torch::Tensor scale_hu(const torch::Tensor& hu, double hu_low, double hu_high);

}  // namespace anatomynet::training

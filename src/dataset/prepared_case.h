#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet::dataset {

/// A CT with its label map as it comes from a data set, before it is prepared.
struct LabelledCase {
  std::string id;
  CtVolume ct;                 ///< HU
  LabelVolume labels;          ///< organ ids; an organ not in `annotated` may be anywhere
  std::vector<int> annotated;  ///< ids of the organs that are annotated here
  /// What an organ's annotation counts in the loss, by organ id; 1 where it is not listed.
  std::map<int, float> weights = {};
  /// Ids of organs whose annotation says nothing beyond its first and last slice (docs/training.md,
  /// "Annotations of part of an organ").
  std::vector<int> partial_extent = {};
};

/// What turns HU into the network's input; the same values are stored in the weights file.
struct InputOptions {
  double hu_low = -1024, hu_high = 3071;  ///< HU mapped to 0 and 1
  Vec3 spacing{3, 3, 3};                  ///< mm, x y z
};

/// A case at the network's spacing, axes along L, P, S; no tensor yet.
struct PreparedCase {
  std::string id;
  CtVolume image;      ///< HU
  LabelVolume labels;  ///< class on the image's grid: 0 background, 1 + i for organs[i]
  /// C values: the weight of the class's annotation in the loss, usually 1; 0 where it is not annotated. [0]
  /// is 1 where all organs are annotated, else 0.
  std::vector<float> annotated;
  LabelVolume truth;  ///< classes at the CT's own resolution, axes along L, P, S
  /// Classes whose annotation says nothing beyond the first and last slice that hold it.
  std::vector<std::uint8_t> partial_extent = {};
};

/// The largest weight that an annotation can have.
inline constexpr float largest_weight = 100;

/// Reorients, resamples (HU linear, labels by linear organ masks and the largest) and maps organ ids to
/// classes. Throws Error(input) naming the case where CT and labels differ in geometry.
PreparedCase prepare_volumes(const LabelledCase& source, const OrganTable& organs, const InputOptions& input);

/// Takes the place of `truth` in training cases, where nobody asks for it.
LabelVolume no_truth();

}  // namespace anatomynet::dataset

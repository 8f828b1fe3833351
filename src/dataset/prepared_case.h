#pragma once
#include <string>
#include <vector>

#include "core/organs.h"
#include "core/volume.h"

namespace anatomynet {

/// A CT with its label map as it comes from a data set, before it is prepared.
struct LabelledCase {
  std::string id;
  CtVolume ct;                 ///< HU
  LabelVolume labels;          ///< organ ids; an organ not in `annotated` may be anywhere
  std::vector<int> annotated;  ///< ids of the organs that are annotated here
};

/// What turns HU into the network's input; the same values are stored in the weights file.
struct InputOptions {
  double hu_low = -1024, hu_high = 3071;  ///< HU mapped to 0 and 1
  Vec3 spacing{3, 3, 3};                  ///< mm, x y z
};

/// A case at the network's spacing, axes along L, P, S; no tensor yet.
struct PreparedCase {
  std::string id;
  CtVolume image;                ///< HU
  LabelVolume labels;            ///< class on the image's grid: 0 background, 1 + i for organs[i]
  std::vector<float> annotated;  ///< 1 where the class is annotated ([0] is 1 only where all organs are)
  LabelVolume truth;             ///< classes at the CT's own resolution, axes along L, P, S
};

/// Reorients, resamples (HU linear, labels by linear organ masks and the largest) and maps organ ids to
/// classes. Throws Error(input) naming the case where CT and labels differ in geometry.
PreparedCase prepare_volumes(const LabelledCase& source, const OrganTable& organs, const InputOptions& input);

/// Takes the place of `truth` in training cases, where nobody asks for it.
LabelVolume no_truth();

}  // namespace anatomynet

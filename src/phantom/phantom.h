#pragma once
#include <cstdint>
#include <optional>

#include "core/volume.h"

namespace anatomynet::phantom {

struct PhantomOptions {
  std::uint64_t seed = 1;
  Size3 size{160, 160, 96};  ///< voxels along x, y, z; 16 to 2048 each, at most 2^29 in all
  /// mm; where empty, a spacing at which the whole head and neck fits with a margin (320 to 500 mm in plane,
  /// 262 to 300 mm long) is drawn. Size times spacing below that
  /// shows a part of the patient, centred on the organs.
  std::optional<Vec3> spacing;
};

/// A synthetic patient and the truth about it.
struct Phantom {
  CtVolume ct;         ///< HU, -1024 to 3071; axes exactly L, P, S
  LabelVolume labels;  ///< ids of standard_organs(); a voxel is in an organ when its centre is
};

/// A head-and-neck planning CT that never was a person: all nine organs of standard_organs(), the anatomy
/// around them, couch, head rest, partial volume, correlated noise, in some seeds contrast agent, a mask or
/// dental metal. Anatomy, pose and field of view are drawn from the seed; the result is the same bit for bit
/// whatever the number of threads. Errors: Error(usage) when size or spacing are out of range.
Phantom make_phantom(const PhantomOptions& options);

}  // namespace anatomynet::phantom

#pragma once
#include <cstddef>
#include <vector>

#include "core/volume.h"
#include "core/warning.h"

// Slices whose header is right and whose values are not those of the patient. Internal to the io module.
namespace anatomynet::io {

struct OddSlice {
  std::size_t z = 0;
  Warning warning;  ///< without its file
  bool operator==(const OddSlice&) const = default;
};

/// Slices that hold one value from some row to their last one where the slices beside them show tissue, as a
/// transfer that was cut short and filled up leaves them.
std::vector<OddSlice> blank_slices(const CtVolume& on_slices);

/// Slices without any voxel below -500 HU between slices of which a fifth or more is: HU that are not theirs.
std::vector<OddSlice> slices_without_air(const CtVolume& on_slices);

}  // namespace anatomynet::io

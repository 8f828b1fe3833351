#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/quality/cases.h"

// Errors planted in real cases. All act on the voxels; the grid stays, except where the volume is cut.
namespace anatomynet::quality {

/// A kind of error, and one case with it.
struct Planted {
  std::string error;  ///< such as "half erased"
  std::string how;    ///< such as "Parotid_L, above the middle"
  int organ = 0;      ///< id of the organ that was harmed; 0: all of them
  Case harmed;
};

/// The half of an organ on one side (+L, -L, +P, -P, +S, -S) of its median plane across that axis erased.
Case erase_half(const Case& whole, int organ, int direction);

/// Calls `take` with every error planted in the case, one at a time. What cannot be planted (a swap without
/// an organ that has a side) is left out.
void plant_all(const Case& whole, const std::function<void(const Planted&)>& take);

}  // namespace anatomynet::quality

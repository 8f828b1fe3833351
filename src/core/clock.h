#pragma once
#include <chrono>

#include "core/names.h"

namespace anatomynet::core {

/// Seconds of a clock that never goes back, for differences.
inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace anatomynet::core

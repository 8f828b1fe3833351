#pragma once
#include <functional>
#include <string_view>

#include "core/names.h"

namespace anatomynet::core {

/// Called by long work with the stage's name and the share done, 0 to 1. The caller decides what a user sees.
using Progress = std::function<void(std::string_view stage, double fraction)>;

}  // namespace anatomynet::core

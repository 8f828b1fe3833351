#pragma once
#include <string>

#include "core/grid.h"
#include "core/names.h"

namespace anatomynet::core {

/// What tells two grids apart, for messages where both would print alike: "they differ by up to 0.05 mm at
/// the corners", or the sizes.
std::string grid_difference(const Grid& a, const Grid& b);

}  // namespace anatomynet::core

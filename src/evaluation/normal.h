#pragma once

namespace anatomynet {

/// P(Z > z) of the standard normal distribution.
double normal_tail(double z);

}  // namespace anatomynet

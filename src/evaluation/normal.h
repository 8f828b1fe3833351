#pragma once

namespace anatomynet::evaluation {

/// P(Z > z) of the standard normal distribution.
double normal_tail(double z);

}  // namespace anatomynet::evaluation

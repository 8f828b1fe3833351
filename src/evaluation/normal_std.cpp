#include <cmath>

#include "evaluation/normal.h"

// Where Boost.Math is not installed, as on a machine that only trains.
namespace anatomynet::evaluation {

double normal_tail(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

}  // namespace anatomynet::evaluation

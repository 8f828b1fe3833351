#include <boost/math/distributions/normal.hpp>

#include "evaluation/normal.h"

namespace anatomynet::evaluation {

double normal_tail(double z) { return cdf(complement(boost::math::normal(), z)); }

}  // namespace anatomynet::evaluation

#pragma once
#include <cmath>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

namespace anatomynet::test {

/// Whether each value is within `tolerance(i)` of the expected one. Written so that NaN fails; the first
/// value that is off is named.
template <class Values, class Expected, class Tolerance>
::testing::AssertionResult all_near(const Values& values, const Expected& expected, Tolerance tolerance) {
  if (values.size() != expected.size())
    return ::testing::AssertionFailure() << values.size() << " values, " << expected.size() << " expected";
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double difference = std::abs(double(values[i]) - double(expected[i]));
    if (!(difference <= tolerance(i)))
      return ::testing::AssertionFailure() << "value " << i << " is " << values[i] << ", expected "
                                           << expected[i] << " within " << tolerance(i);
  }
  return ::testing::AssertionSuccess();
}

template <class Values, class Expected>
::testing::AssertionResult all_near(const Values& values, const Expected& expected, double tolerance) {
  return all_near(values, expected, [=](std::size_t) { return tolerance; });
}

/// The largest of `more` and `so_far`; NaN once one of them is NaN, which std::max forgets.
inline double largest_or_nan(double so_far, double more) {
  return std::isnan(so_far) || more <= so_far ? so_far : more;
}

}  // namespace anatomynet::test

#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "core/names.h"

namespace anatomynet::review {

/// Limits of single values in their order, with sigma from the mean moving range over d2 = 1.128 (Montgomery,
/// Introduction to Statistical Quality Control, "individuals"), and of their exponentially weighted moving
/// average (Roberts 1959; lambda 0.2, L 3, limits widening to their end).
struct ControlChart {
  double centre = 0, sigma = 0;
  double low = 0, high = 0;  ///< centre +- 3 sigma
  std::size_t baseline = 0;  ///< values that they come from: the first 20
  struct Average {
    double value = 0, low = 0, high = 0;
  };
  std::vector<Average> averages;           ///< one a value
  std::vector<std::size_t> out_of_limits;  ///< of values, or of averages at them; ascending
};

inline constexpr std::size_t least_baseline = 8, longest_baseline = 20;
inline constexpr double ewma_lambda = 0.2, ewma_width = 3;

/// None for fewer than 8 values: limits of so few say nothing. Values must be finite.
std::optional<ControlChart> control_chart(const std::vector<double>& values);

}  // namespace anatomynet::review

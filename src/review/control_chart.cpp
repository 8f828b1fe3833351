#include "review/control_chart.h"

#include <algorithm>
#include <cmath>

namespace anatomynet::review {

std::optional<ControlChart> control_chart(const std::vector<double>& values) {
  constexpr double d2 = 1.128;  // mean range of two normal values, in sigmas
  if (values.size() < least_baseline) return std::nullopt;
  ControlChart out;
  out.baseline = std::min(values.size(), longest_baseline);
  double sum = 0, ranges = 0;
  for (std::size_t i = 0; i < out.baseline; ++i) {
    sum += values[i];
    if (i > 0) ranges += std::abs(values[i] - values[i - 1]);
  }
  out.centre = sum / double(out.baseline);
  out.sigma = ranges / double(out.baseline - 1) / d2;
  out.low = out.centre - 3 * out.sigma;
  out.high = out.centre + 3 * out.sigma;
  double average = out.centre, left = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    average += ewma_lambda * (values[i] - average);
    left *= (1 - ewma_lambda) * (1 - ewma_lambda);
    const double half = ewma_width * out.sigma * std::sqrt(ewma_lambda / (2 - ewma_lambda) * (1 - left));
    out.averages.push_back({average, out.centre - half, out.centre + half});
    // Rounding must not make equal values leave limits of width 0.
    const double slack = 1e-12 * (1 + std::abs(out.centre));
    if (values[i] < out.low - slack || values[i] > out.high + slack || average < out.centre - half - slack ||
        average > out.centre + half + slack)
      out.out_of_limits.push_back(i);
  }
  return out;
}

}  // namespace anatomynet::review

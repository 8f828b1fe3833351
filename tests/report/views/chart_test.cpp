#include "report/views/chart.h"

#include <cmath>

#include <gtest/gtest.h>

namespace anatomynet::report {
namespace {

std::size_t ticks_of(const std::vector<Point>& points) {
  Chart chart;
  chart.curves.push_back({"case", {0, 0, 0}, points, 1, false});
  const std::string svg = draw_chart(chart), tick = "class=\"y\"";
  std::size_t count = 0;
  for (std::size_t at = svg.find(tick); at != std::string::npos; at = svg.find(tick, at + 1)) ++count;
  return count;
}

// Ticks of an axis as long as a rounding error would never end.
TEST(Chart, ValuesThatAreEqualButForRoundingHaveFewTicks) {
  for (const double value : {0.9, 1.0, 1e9, -3.3, 1e-12}) {
    const std::size_t ticks = ticks_of({{1, value}, {2, std::nextafter(value, 2 * value)}});
    EXPECT_GE(ticks, 2u) << value;
    EXPECT_LE(ticks, 12u) << value;
  }
  EXPECT_GE(ticks_of({{1, 0.0}, {2, 0.0}}), 2u);
  EXPECT_GE(ticks_of({{1, 0.90001}, {2, 0.90002}}), 4u);
}

}  // namespace
}  // namespace anatomynet::report

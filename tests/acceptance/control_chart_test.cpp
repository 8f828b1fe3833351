#include "acceptance/control_chart.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace anatomynet::acceptance {
namespace {

// Shares of streams in which a chart passes its limit within `arrivals`; `shift` in standard deviations.
template <class Draw>
double alarms(double limit, int arrivals, int streams, Draw draw, double shift = 0) {
  std::mt19937_64 random(7);
  int alarmed = 0;
  for (int s = 0; s < streams; ++s) {
    std::vector<double> baseline(31);
    for (double& v : baseline) v = draw(random);
    ControlChart chart(baseline, limit);
    bool beyond = false;
    for (int i = 0; i < arrivals && !beyond; ++i) beyond = chart.add(draw(random) + shift).beyond;
    alarmed += beyond;
  }
  return double(alarmed) / streams;
}

TEST(ControlChart, FalseAlarmsAreAsRareAsStatedForAnyDistribution) {
  const double limit = chart_limit(31, 200, 0.1);
  std::normal_distribution<double> normal;
  std::exponential_distribution<double> skewed;
  std::cauchy_distribution<double> wild;
  // 400 streams: two standard errors of 0.1 are 0.03
  EXPECT_NEAR(alarms(limit, 200, 400, [&](auto& r) { return normal(r); }), 0.1, 0.035);
  EXPECT_NEAR(alarms(limit, 200, 400, [&](auto& r) { return skewed(r); }), 0.1, 0.035);
  EXPECT_NEAR(alarms(limit, 200, 400, [&](auto& r) { return wild(r); }), 0.1, 0.035);
}

TEST(ControlChart, TiesMakeFewerFalseAlarms) {
  const double limit = chart_limit(31, 200, 0.1);
  std::normal_distribution<double> normal;
  EXPECT_LE(alarms(limit, 200, 300, [&](auto& r) { return std::round(normal(r)); }), 0.14);
  EXPECT_EQ(alarms(limit, 200, 20, [](auto&) { return 2.5; }), 0);
}

TEST(ControlChart, AShiftOfTwoDeviationsIsFoundWithinTwentyArrivals) {
  const double limit = chart_limit(31, 200, 0.02);
  std::normal_distribution<double> normal;
  EXPECT_GT(alarms(
                limit, 20, 300, [&](auto& r) { return normal(r); }, 2),
            0.95);
  EXPECT_GT(alarms(
                limit, 20, 300, [&](auto& r) { return normal(r); }, -2),
            0.95);
}

TEST(ControlChart, AConstantBaselineKnowsWhatIsDifferent) {
  ControlChart chart(std::vector<double>(31, 2.5), chart_limit(31, 200, 0.02));
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(chart.add(2.5).beyond);
  int needed = 0;
  while (needed < 20 && !chart.add(5).beyond) ++needed;
  EXPECT_LT(needed, 12);
}

TEST(ControlChart, LimitsRiseWithRarity) {
  EXPECT_LT(chart_limit(31, 200, 0.2), chart_limit(31, 200, 0.01));
  EXPECT_LT(chart_limit(31, 50, 0.1), chart_limit(31, 400, 0.1));
  EXPECT_EQ(chart_limit(31, 200, 0.1), chart_limit(31, 200, 0.1)) << "the same seed draws the same";
}

}  // namespace
}  // namespace anatomynet::acceptance

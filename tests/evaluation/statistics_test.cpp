#include "evaluation/statistics.h"

#include <cmath>

#include <gtest/gtest.h>

namespace anatomynet::evaluation {
namespace {

// The p-values below are scipy.stats.wilcoxon's (SciPy 1.10.1) of the same differences.
std::vector<double> scrambled(int count, int shift) {
  std::vector<double> d;
  for (int i = 1; i <= count; ++i) d.push_back(double(i * 7919 % 1009 - shift) / 1000);
  return d;
}

TEST(Wilcoxon, AgreesWithSciPy) {
  const SignedRank small = wilcoxon_signed_rank(
      {0.012, -0.004, 0.031, 0.008, -0.017, 0.022, 0.041, -0.003, 0.019, 0.027, 0.005, 0.033});
  EXPECT_TRUE(small.exact);
  EXPECT_EQ(small.statistic, 9);
  EXPECT_NEAR(small.p, 0.01611328125, 1e-15);

  const SignedRank tied = wilcoxon_signed_rank({1, -1, 2, 2, 0, 3, -2, 1, 4, 0, -1, 2, 5, 1});
  EXPECT_FALSE(tied.exact);
  EXPECT_EQ(tied.count, 12u);
  EXPECT_EQ(tied.statistic, 13.5);
  EXPECT_NEAR(tied.p, 0.04298319340193242, 1e-12);

  const SignedRank many = wilcoxon_signed_rank(scrambled(80, 400));
  EXPECT_FALSE(many.exact);
  EXPECT_EQ(many.statistic, 976);
  EXPECT_NEAR(many.p, 0.0020096062324715413, 1e-12);

  const SignedRank fifty = wilcoxon_signed_rank(scrambled(50, 480));
  EXPECT_TRUE(fifty.exact);
  EXPECT_EQ(fifty.statistic, 538);
  EXPECT_NEAR(fifty.p, 0.3422827758111566, 1e-12);

  EXPECT_NEAR(wilcoxon_signed_rank({0.3, 0.1, 0.2}).p, 0.25, 1e-15);
}

TEST(Wilcoxon, OfNoDifferenceSaysNothing) {
  EXPECT_EQ(wilcoxon_signed_rank({}).p, 1);
  EXPECT_EQ(wilcoxon_signed_rank({0, 0, 0}).p, 1);
  EXPECT_EQ(wilcoxon_signed_rank({0, 0, 0}).count, 0u);
}

TEST(Holm, ByHand) {
  const auto adjusted = holm({0.01, 0.04, 0.03, NAN, 0.005});
  EXPECT_NEAR(adjusted[0], 0.03, 1e-15);  // 3 x 0.01
  EXPECT_NEAR(adjusted[1], 0.06, 1e-15);  // at least what 0.03 became
  EXPECT_NEAR(adjusted[2], 0.06, 1e-15);  // 2 x 0.03
  EXPECT_TRUE(std::isnan(adjusted[3]));
  EXPECT_NEAR(adjusted[4], 0.02, 1e-15);  // 4 x 0.005
  EXPECT_EQ(holm({0.9, 0.8})[0], 1);
}

TEST(Summary, ByHandAndWithoutWhatIsNoNumber) {
  const Summary s = summarise({4, NAN, 1, 2, INFINITY, 5});
  EXPECT_EQ(s.count, 4u);
  EXPECT_DOUBLE_EQ(s.mean, 3);
  EXPECT_DOUBLE_EQ(s.sd, std::sqrt(10.0 / 3));
  EXPECT_DOUBLE_EQ(s.median, 3);
  EXPECT_DOUBLE_EQ(s.lower_quartile, 1.75);
  EXPECT_DOUBLE_EQ(s.upper_quartile, 4.25);
  EXPECT_EQ(s.low, 1);
  EXPECT_EQ(s.high, 5);
  EXPECT_EQ(summarise({NAN}).count, 0u);
  EXPECT_TRUE(std::isnan(summarise({}).mean));
  EXPECT_TRUE(std::isnan(summarise({3}).sd));
}

TEST(Bootstrap, IsRepeatableAndCoversTheMean) {
  const std::vector<double> values = scrambled(40, 500);
  const Interval once = bootstrap_mean(values), again = bootstrap_mean(values);
  EXPECT_EQ(once.low, again.low);
  EXPECT_EQ(once.high, again.high);
  EXPECT_NE(once.low, bootstrap_mean(values, 0.95, 10000, 2).low);
  // For a mean of 40 values the interval is nearly mean +- 1.96 s / sqrt(n).
  const Summary s = summarise(values);
  const double half = 1.96 * s.sd * std::sqrt(39.0 / 40) / std::sqrt(40.0);
  EXPECT_NEAR(once.low, s.mean - half, 0.06 * half);
  EXPECT_NEAR(once.high, s.mean + half, 0.06 * half);
  EXPECT_GT(bootstrap_mean(values, 0.5).low, once.low);
  EXPECT_EQ(bootstrap_mean({7, 7, 7}).low, 7);
  EXPECT_TRUE(std::isnan(bootstrap_mean({}).low));
}

// Tables of the distribution; two degrees by hand: t = s sqrt(2 / (1 - s^2)) for a share s.
TEST(Student, HasTheTablesBounds) {
  EXPECT_NEAR(student_bound(0.95, 1), 12.706205, 1e-6);
  EXPECT_NEAR(student_bound(0.95, 2), 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)), 1e-9);
  EXPECT_NEAR(student_bound(0.95, 3), 3.182446, 1e-6);
  EXPECT_NEAR(student_bound(0.95, 4), 2.776445, 1e-6);
  EXPECT_NEAR(student_bound(0.95, 9), 2.262157, 1e-6);
  EXPECT_NEAR(student_bound(0.99, 30), 2.749996, 1e-6);
  EXPECT_NEAR(student_bound(0.95, 100000), 1.959988, 1e-5);
}

TEST(Student, GivesAnIntervalOfTheMean) {
  const Interval interval = student_mean({1, 2, 3});
  EXPECT_NEAR(interval.low, 2 - 4.302653 / std::sqrt(3), 1e-6);
  EXPECT_NEAR(interval.high, 2 + 4.302653 / std::sqrt(3), 1e-6);
  EXPECT_TRUE(std::isnan(student_mean({1}).low));
}

}  // namespace
}  // namespace anatomynet::evaluation

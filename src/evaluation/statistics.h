#pragma once
#include <cstdint>
#include <functional>
#include <vector>

namespace anatomynet::evaluation {

/// Of the finite ones among some values; all NaN where there are none.
struct Summary {
  std::size_t count = 0;
  double mean, sd;                                           ///< sd with n - 1; NaN of one value
  double low, lower_quartile, median, upper_quartile, high;  ///< quartiles interpolated linearly
};
Summary summarise(std::vector<double> values);

struct Interval {
  double low, high;
};

/// Percentile bootstrap interval of a statistic of `count` cases (Efron and Tibshirani 1993), which is given
/// the numbers of the cases drawn, `count` of them with replacement. The same seed draws the same everywhere.
/// NaN of no cases.
Interval bootstrap(std::size_t count, const std::function<double(const std::vector<std::size_t>&)>& statistic,
                   double level = 0.95, int draws = 10000, std::uint64_t seed = 1);

/// The same of the mean.
Interval bootstrap_mean(const std::vector<double>& values, double level = 0.95, int draws = 10000,
                        std::uint64_t seed = 1);

/// Student's t: the value that a share `two_sided` of the distribution lies within, either side of 0. Exact
/// series of Abramowitz and Stegun 26.7.3 and 26.7.4, for one degree of freedom or more and 0 < two_sided
/// < 1.
double student_bound(double two_sided, int degrees);

/// Student's interval of the mean of normally distributed values; NaN of fewer than two.
Interval student_mean(const std::vector<double>& values, double level = 0.95);

/// Wilcoxon's signed rank test of paired differences, two-sided.
struct SignedRank {
  std::size_t count = 0;  ///< differences that are not 0: the others drop out (Wilcoxon's rule)
  double statistic = 0;   ///< the smaller of the two rank sums
  double p = 1;           ///< 1 where no difference is left
  bool exact = false;     ///< else by the normal approximation, corrected for ties, not for continuity
};

/// Exact for up to 50 differences without zeros or ties, otherwise the approximation; as SciPy's `wilcoxon`
/// with its defaults. Values must be finite.
SignedRank wilcoxon_signed_rank(const std::vector<double>& differences);

/// The value below which a standard normal variable lies with probability p, 0 < p < 1; to 1e-9.
double normal_quantile(double p);

/// How many cases are needed until a mean that lies `difference` off is told from its reference, where single
/// cases scatter by `sd` around it: two-sided at `level`, found with probability `power`; the normal formula
/// with Guenther's correction for small numbers (1981). 0 where sd or difference is not positive and finite.
std::size_t cases_needed(double difference, double sd, double level = 0.05, double power = 0.8);

/// Holm's step-down adjustment (1979) of p-values tested together, in their order. NaN stays NaN and does not
/// count.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace anatomynet::evaluation

#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace anatomynet::acceptance {

/// The numbers of latest arrivals that are compared with the baseline, again after each arrival.
inline constexpr std::array<std::size_t, 3> chart_windows{5, 10, 20};

/// One figure over time against its baseline: sliding windows by van der Waerden's normal scores.
///
/// An arrival's score is the normal quantile of (u + 1/2) / (m + 1), u the number of the m baseline values
/// below it (equal ones count half). Of each window the sum of scores is divided by its standard deviation
/// where baseline and arrivals come from one distribution. No shape of that distribution is assumed: only the
/// order of values counts.
class ControlChart {
 public:
  /// `limit` as chart_limit gives it.
  ControlChart(std::vector<double> baseline, double limit);

  struct Point {
    double score = 0;
    /// The window whose sum lies furthest out, in standard deviations with its sign.
    double furthest = 0;
    std::size_t window = 0;  ///< its length; 0: too few arrivals yet
    bool beyond = false;     ///< the limit
  };
  Point add(double value);
  double limit() const { return limit_; }

 private:
  std::vector<double> baseline_, scores_;
  double limit_, variance_ = 1;  // variance of scores of the baseline's own distribution
};

/// The limit that one chart of a baseline of `baseline` values passes within `arrivals` arrivals with
/// probability `false_alarm` while nothing has changed. Found by simulation (`runs` streams, seeded), the
/// same for every distribution without ties; with ties a chart passes it less often.
double chart_limit(std::size_t baseline, std::size_t arrivals, double false_alarm, int runs = 4000,
                   std::uint64_t seed = 1);

}  // namespace anatomynet::acceptance

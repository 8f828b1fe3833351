#include "acceptance/control_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "evaluation/statistics.h"

namespace anatomynet::acceptance {
namespace {

// Of every possible u: 0, 1/2, 1, ... m.
std::vector<double> score_table(std::size_t m) {
  std::vector<double> table;
  for (std::size_t i = 0; i <= 2 * m; ++i)
    table.push_back(evaluation::normal_quantile((double(i) / 2 + 0.5) / (double(m) + 1)));
  return table;
}

// Of the score of a value that is as likely in each of the m + 1 gaps between the baseline's values.
double variance_of(const std::vector<double>& table) {
  double sum = 0;
  for (std::size_t i = 0; i < table.size(); i += 2) sum += table[i] * table[i];
  const std::size_t gaps = (table.size() + 1) / 2;
  return sum / double(gaps);
}

// Scores of one window depend on each other through the baseline, which is why its size comes in.
double deviation_of(std::size_t window, std::size_t baseline, double variance) {
  const auto w = double(window), m = double(baseline);
  return std::sqrt(w * variance * (1 + w / (m + 1)));
}

ControlChart::Point point_of(const std::vector<double>& scores, std::size_t baseline, double variance,
                             double limit) {
  ControlChart::Point point;
  point.score = scores.back();
  double sum = 0;
  std::size_t taken = 0;
  for (const std::size_t window : chart_windows) {
    if (window > scores.size()) break;
    for (; taken < window; ++taken) sum += scores[scores.size() - 1 - taken];
    const double z = sum / deviation_of(window, baseline, variance);
    if (point.window != 0 && std::abs(z) <= std::abs(point.furthest)) continue;
    point.furthest = z;
    point.window = window;
  }
  point.beyond = point.window > 0 && std::abs(point.furthest) > limit;
  return point;
}

double uniform(std::mt19937_64& random) { return double(random() >> 11) * 0x1p-53; }

}  // namespace

ControlChart::ControlChart(std::vector<double> baseline, double limit)
    : baseline_(std::move(baseline)), limit_(limit) {
  std::sort(baseline_.begin(), baseline_.end());
  variance_ = variance_of(score_table(baseline_.size()));
}

ControlChart::Point ControlChart::add(double value) {
  const auto [low, high] = std::equal_range(baseline_.begin(), baseline_.end(), value);
  const double u = double(low - baseline_.begin()) + double(high - low) / 2;
  scores_.push_back(evaluation::normal_quantile((u + 0.5) / (double(baseline_.size()) + 1)));
  return point_of(scores_, baseline_.size(), variance_, limit_);
}

double chart_limit(std::size_t baseline, std::size_t arrivals, double false_alarm, int runs,
                   std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::vector<double> table = score_table(baseline);
  const double variance = variance_of(table);
  std::vector<double> furthest, values(baseline), scores;
  for (int run = 0; run < runs; ++run) {
    for (double& value : values) value = uniform(random);
    std::sort(values.begin(), values.end());
    scores.clear();
    double most = 0;
    for (std::size_t i = 0; i < arrivals; ++i) {
      const auto below = std::lower_bound(values.begin(), values.end(), uniform(random)) - values.begin();
      scores.push_back(table[2 * static_cast<std::size_t>(below)]);
      most = std::max(most, std::abs(point_of(scores, baseline, variance, 0).furthest));
    }
    furthest.push_back(most);
  }
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil((1 - false_alarm) * double(runs)));
  std::sort(furthest.begin(), furthest.end());
  return rank >= std::ssize(furthest)
             ? furthest.back()
             : furthest[static_cast<std::size_t>(std::max<std::ptrdiff_t>(rank - 1, 0))];
}

}  // namespace anatomynet::acceptance

#include "evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>

namespace anatomynet::evaluation {
namespace {

// P(Z > z) of the standard normal distribution.
double normal_tail(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// Of sorted values.
double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return undefined;
  const double rank = share * double(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (rank - double(low)) * (sorted[high] - sorted[low]);
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

struct Ranks {
  double positive = 0, negative = 0;
  double ties = 0;  // sum of t^3 - t over groups of t equal sizes
};

Ranks rank_sums(std::vector<double> d) {
  std::sort(d.begin(), d.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  Ranks ranks;
  for (std::size_t i = 0; i < d.size();) {
    std::size_t end = i;
    while (end < d.size() && std::abs(d[end]) == std::abs(d[i])) ++end;
    const double rank = double(i + 1 + end) / 2, t = double(end - i);
    ranks.ties += t * t * t - t;
    for (; i < end; ++i) (d[i] > 0 ? ranks.positive : ranks.negative) += rank;
  }
  return ranks;
}

// P(T <= statistic) of n ranks with random signs: how many of the 2^n subsets have each sum.
double exact_tail(std::size_t n, double statistic) {
  std::vector<double> ways(n * (n + 1) / 2 + 1, 0);
  ways[0] = 1;
  for (std::size_t rank = 1; rank <= n; ++rank)
    for (std::size_t sum = ways.size(); sum-- > rank;) ways[sum] += ways[sum - rank];
  double below = 0;
  for (std::size_t sum = 0; double(sum) <= statistic; ++sum) below += ways[sum];
  return std::ldexp(below, -static_cast<int>(n));
}

}  // namespace

Summary summarise(std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  std::sort(values.begin(), values.end());
  Summary s{values.size(), undefined, undefined, undefined, undefined, undefined, undefined, undefined};
  if (values.empty()) return s;
  s.mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - s.mean) * (v - s.mean);
  if (values.size() > 1) s.sd = std::sqrt(squares / double(values.size() - 1));
  s.low = values.front();
  s.lower_quartile = quantile(values, 0.25);
  s.median = quantile(values, 0.5);
  s.upper_quartile = quantile(values, 0.75);
  s.high = values.back();
  return s;
}

Interval bootstrap(std::size_t count, const std::function<double(const std::vector<std::size_t>&)>& statistic,
                   double level, int draws, std::uint64_t seed) {
  if (count == 0) return {undefined, undefined};
  std::mt19937_64 random(seed);
  std::vector<std::size_t> drawn(count);
  std::vector<double> values;
  for (int draw = 0; draw < draws; ++draw) {
    // std::uniform_int_distribution differs between libraries
    for (std::size_t& i : drawn) i = (random() >> 32) * count >> 32;
    values.push_back(statistic(drawn));
  }
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  std::sort(values.begin(), values.end());
  return {quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)};
}

Interval bootstrap_mean(const std::vector<double>& values, double level, int draws, std::uint64_t seed) {
  const auto mean = [&](const std::vector<std::size_t>& drawn) {
    double sum = 0;
    for (const std::size_t i : drawn) sum += values[i];
    return sum / double(drawn.size());
  };
  return bootstrap(values.size(), mean, level, draws, seed);
}

double student_bound(double two_sided, int degrees) {
  const auto share_within = [&](double angle) {  // of tan(angle) sqrt(degrees)
    const double c = std::cos(angle), s = std::sin(angle);
    const bool odd = degrees % 2 == 1;
    double term = odd ? c : 1, sum = degrees == 1 ? 0 : term;
    for (int k = odd ? 3 : 2; k + 2 <= degrees; k += 2) sum += term *= c * c * double(k - 1) / double(k);
    return odd ? 2 / std::numbers::pi * (angle + s * sum) : s * sum;
  };
  double low = 0, high = std::numbers::pi / 2;
  for (int turn = 0; turn < 100; ++turn) {
    const double middle = (low + high) / 2;
    (share_within(middle) < two_sided ? low : high) = middle;
  }
  return std::tan(low) * std::sqrt(double(degrees));
}

Interval student_mean(const std::vector<double>& values, double level) {
  const Summary s = summarise(values);
  if (s.count < 2) return {std::nan(""), std::nan("")};
  const double half = student_bound(level, static_cast<int>(s.count) - 1) * s.sd / std::sqrt(double(s.count));
  return {s.mean - half, s.mean + half};
}

SignedRank wilcoxon_signed_rank(const std::vector<double>& differences) {
  std::vector<double> d = differences;
  std::erase(d, 0.0);
  SignedRank out;
  out.count = d.size();
  if (d.empty()) return out;
  const Ranks ranks = rank_sums(d);
  out.statistic = std::min(ranks.positive, ranks.negative);
  const auto n = double(d.size());
  if (d.size() <= 50 && d.size() == differences.size() && ranks.ties == 0) {
    out.exact = true;
    out.p = std::min(1.0, 2 * exact_tail(d.size(), out.statistic));
    return out;
  }
  const double mean = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1) / 24 - ranks.ties / 48;
  const double z = (out.statistic - mean) / std::sqrt(variance);
  out.p = std::min(1.0, 2 * normal_tail(std::abs(z)));
  return out;
}

double normal_quantile(double p) {
  double low = -10, high = 10;
  while (high - low > 1e-10) {
    const double middle = (low + high) / 2;
    (1 - normal_tail(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

std::size_t cases_needed(double difference, double sd, double level, double power) {
  if (!(difference > 0) || !(sd > 0) || !std::isfinite(sd)) return 0;
  const double z = normal_quantile(1 - level / 2), both = z + normal_quantile(power);
  return static_cast<std::size_t>(std::ceil(both * both * sd * sd / (difference * difference) + z * z / 2));
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size(), undefined);
  double highest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    highest = std::max(highest, std::min(1.0, double(order.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = highest;
  }
  return adjusted;
}

}  // namespace anatomynet::evaluation

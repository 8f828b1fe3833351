#include "model/hu_curve_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "model/hu_curves.h"

namespace anatomynet::model {
namespace {

constexpr std::array knots{-250.0, -120.0, -60.0, 0.0, 40.0, 80.0, 120.0, 200.0, 300.0, 450.0};
constexpr std::size_t unknowns = knots.size() + 1;  // the margin's factor, then a value for each knot
constexpr double least_factor = 0.05;
constexpr double weight_of_contour = 1000, smoothness = 10, ridge = 0.1;

using Vector = std::array<double, unknowns>;
using Matrix = std::array<Vector, unknowns>;

// Two knots and what each counts.
struct Basis {
  std::size_t low;
  double high_share;
};

Basis basis_of(double hu) {
  hu = std::clamp(hu, knots.front(), knots.back());
  std::size_t low = 0;
  while (low + 2 < knots.size() && hu >= knots[low + 1]) ++low;
  return {low, (hu - knots[low]) / (knots[low + 1] - knots[low])};
}

double score(const Vector& w, double margin, const Basis& b) {
  return w[0] * margin + (1 - b.high_share) * w[1 + b.low] + b.high_share * w[2 + b.low];
}

// The loss with its gradient and Hessian.
double loss(const std::vector<DoubtfulVoxels>& contours, const Vector& w, Vector& gradient, Matrix& hessian) {
  double sum = 0;
  gradient = {};
  hessian = {};
  for (const DoubtfulVoxels& c : contours) {
    const double weight = weight_of_contour / c.voxels;
    for (std::size_t i = 0; i < c.margin.size(); ++i) {
      const Basis b = basis_of(c.hu[i]);
      const double u = score(w, c.margin[i], b), p = 1 / (1 + std::exp(-u)), y = c.truth[i];
      sum += weight * (std::max(u, 0.0) + std::log1p(std::exp(-std::abs(u))) - y * u);
      const std::array<std::size_t, 3> at{0, 1 + b.low, 2 + b.low};
      const std::array<double, 3> x{c.margin[i], 1 - b.high_share, b.high_share};
      for (std::size_t j = 0; j < 3; ++j) {
        gradient[at[j]] += weight * (p - y) * x[j];
        for (std::size_t k = 0; k < 3; ++k) hessian[at[j]][at[k]] += weight * p * (1 - p) * x[j] * x[k];
      }
    }
  }
  for (std::size_t k = 1; k < unknowns; ++k) {
    sum += ridge / 2 * w[k] * w[k];
    gradient[k] += ridge * w[k];
    hessian[k][k] += ridge;
    if (k + 1 == unknowns) break;
    const double step = w[k + 1] - w[k];
    sum += smoothness / 2 * step * step;
    gradient[k + 1] += smoothness * step;
    gradient[k] -= smoothness * step;
    hessian[k][k] += smoothness;
    hessian[k + 1][k + 1] += smoothness;
    hessian[k][k + 1] -= smoothness;
    hessian[k + 1][k] -= smoothness;
  }
  return sum;
}

// Of a positive definite system, by elimination.
Vector solved(Matrix a, Vector b) {
  for (std::size_t i = 0; i < unknowns; ++i)
    for (std::size_t r = i + 1; r < unknowns; ++r) {
      const double f = a[r][i] / a[i][i];
      for (std::size_t k = i; k < unknowns; ++k) a[r][k] -= f * a[i][k];
      b[r] -= f * b[i];
    }
  for (std::size_t i = unknowns; i-- > 0;) {
    for (std::size_t k = i + 1; k < unknowns; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

// Newton's method, a step halved until the loss falls.
Vector regression(const std::vector<DoubtfulVoxels>& contours) {
  Vector w{1}, gradient{}, next_gradient{};
  Matrix hessian{}, next_hessian{};
  double now = loss(contours, w, gradient, hessian);
  for (int turn = 0; turn < 50; ++turn) {
    const Vector step = solved(hessian, gradient);
    double factor = 1, next = 0;
    Vector candidate{};
    do {
      for (std::size_t k = 0; k < unknowns; ++k) candidate[k] = w[k] - factor * step[k];
      next = loss(contours, candidate, next_gradient, next_hessian);
      factor /= 2;
    } while (!(next <= now) && factor > 1e-6);
    if (!(next < now)) break;
    const bool done = now - next < 1e-9 * now;
    w = candidate;
    now = next;
    gradient = next_gradient;
    hessian = next_hessian;
    if (done) break;
  }
  return w;
}

// None where the network's own margin says next to nothing of the organ.
HuCurve curve_of(const Vector& w, double threshold) {
  HuCurve curve;
  if (!(w[0] > least_factor)) return curve;
  for (std::size_t k = 0; k < knots.size(); ++k) {
    curve.hu.push_back(knots[k]);
    curve.logits.push_back((w[1 + k] - threshold) / w[0]);
  }
  return curve;
}

double best_threshold(const std::vector<DoubtfulVoxels>& contours, const Vector& w) {
  double best = 0, most = -1;
  for (const double t : {-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5})
    if (const double dice = mean_dice(contours, curve_of(w, t)); dice > most) {
      most = dice;
      best = t;
    }
  return best;
}

}  // namespace

double mean_dice(const std::vector<DoubtfulVoxels>& contours, const HuCurve& curve) {
  std::map<std::string, std::vector<double>> by_scan;
  for (const DoubtfulVoxels& c : contours) {
    double taken = c.sure, hits = c.sure_hits;
    for (std::size_t i = 0; i < c.margin.size(); ++i) {
      const bool in = c.margin[i] + curve.at(c.hu[i]) > 0;
      taken += in;
      hits += in && c.truth[i];
    }
    by_scan[c.scan].push_back(2 * hits / (taken + c.voxels));
  }
  double sum = 0;
  for (const auto& [scan, dice] : by_scan)
    sum += std::accumulate(dice.begin(), dice.end(), 0.0) / double(dice.size());
  return sum / double(by_scan.size());
}

HuCurve fit_hu_curve(const std::vector<DoubtfulVoxels>& contours) {
  if (contours.empty()) return {};
  const Vector w = regression(contours);
  return curve_of(w, best_threshold(contours, w));
}

HuCurveFit cross_validated_hu_curve(const std::vector<DoubtfulVoxels>& contours) {
  HuCurveFit fit;
  fit.curve = fit_hu_curve(contours);
  fit.before = mean_dice(contours, {});
  std::set<std::string> scans;
  for (const DoubtfulVoxels& c : contours) scans.insert(c.scan);
  fit.scans = scans.size();
  for (const std::string& scan : scans) {
    std::vector<DoubtfulVoxels> others, left_out;
    for (const DoubtfulVoxels& c : contours) (c.scan == scan ? left_out : others).push_back(c);
    fit.after += mean_dice(left_out, fit_hu_curve(others));
  }
  fit.after /= double(fit.scans);
  return fit;
}

HuCurve sum_of(const HuCurve& a, const HuCurve& b) {
  std::set<double> hu_values(b.hu.begin(), b.hu.end());
  hu_values.insert(a.hu.begin(), a.hu.end());
  if (hu_values.size() > most_curve_knots) hu_values = {b.hu.begin(), b.hu.end()};
  HuCurve sum;
  for (const double hu : hu_values) {
    sum.hu.push_back(hu);
    sum.logits.push_back(std::clamp(a.at(hu) + b.at(hu), -most_curve_logits, most_curve_logits));
  }
  return sum;
}

}  // namespace anatomynet::model

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "curation/overlap_layout.h"
#include "curation/overlap_match.h"

namespace anatomynet::curation {
namespace {
using namespace scan_layout;

constexpr std::int32_t alike = 24000;  ///< of 2^15: surroundings of two landmarks that may be the same place
constexpr int least_votes = 3;         ///< landmarks that must agree on a shift
constexpr std::size_t shifts_tried = 3;
constexpr double worth_refining = 0.7;  ///< the same scan half a voxel off in all directions has more
constexpr double least_shared = 0.4;    ///< of the smaller scan's voxels: below, nothing is proven
constexpr double least_voxels = 1200;

struct Correlation {
  double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  void add(double u, double v) { ++n, a += u, b += v, aa += u * u, bb += v * v, ab += u * v; }
  double value(double at_least) const {
    if (n < at_least) return 0;
    const double va = aa - a * a / n, vb = bb - b * b / n;
    return va <= 1e-6 || vb <= 1e-6 ? 0 : (ab - a * b / n) / std::sqrt(va * vb);
  }
};

// Voxel p of a lies at p + shift of b.
using Shift = std::array<double, 3>;
using WholeShift = std::array<std::int64_t, 3>;

double least(const MatchableScan& a, const MatchableScan& b) {
  return std::max(least_shared * double(std::min(a.voxels(), b.voxels())), least_voxels);
}

double correlate_whole(const MatchableScan& a, const MatchableScan& b, const WholeShift& d,
                       std::int64_t stride) {
  Correlation c;
  for (std::int64_t z = std::max<std::int64_t>(0, -d[2]); z < std::min(a.slices(), b.slices() - d[2]); ++z)
    for (std::int64_t y = std::max<std::int64_t>(0, -d[1]); y < std::min(height, height - d[1]);
         y += stride) {
      const float *p = a.slice(z) + y * width, *q = b.slice(z + d[2]) + (y + d[1]) * width + d[0];
      for (std::int64_t x = std::max<std::int64_t>(0, -d[0]); x < std::min(width, width - d[0]); x += stride)
        if (p[x] != outside && q[x] != outside) c.add(p[x], q[x]);
    }
  return c.value(least(a, b) / double(stride * stride));
}

double correlate_between(const MatchableScan& a, const MatchableScan& b, const Shift& shift,
                         std::int64_t stride) {
  WholeShift d;
  std::array<double, 3> f;
  for (std::size_t k = 0; k < 3; ++k) {
    d[k] = static_cast<std::int64_t>(std::floor(shift[k]));
    f[k] = shift[k] - double(d[k]);
  }
  Correlation c;
  for (std::int64_t z = std::max<std::int64_t>(0, -d[2]); z < std::min(a.slices(), b.slices() - d[2]); ++z) {
    const std::int64_t above = std::min(z + d[2] + 1, b.slices() - 1);
    const float *u = a.slice(z), *low = b.slice(z + d[2]), *high = b.slice(above);
    for (std::int64_t y = std::max<std::int64_t>(0, -d[1]); y < std::min(height, height - 1 - d[1]);
         y += stride)
      for (std::int64_t x = std::max<std::int64_t>(0, -d[0]); x < std::min(width, width - 1 - d[0]);
           x += stride) {
        const std::int64_t i = (y + d[1]) * width + x + d[0];
        const float corners[8] = {low[i],  low[i + 1],  low[i + width],  low[i + width + 1],
                                  high[i], high[i + 1], high[i + width], high[i + width + 1]};
        const float p = u[y * width + x];
        if (p == outside || std::find(corners, corners + 8, outside) != corners + 8) continue;
        const auto mix = [](double s, double t, double w) { return s + w * (t - s); };
        const double bottom = mix(mix(corners[0], corners[1], f[0]), mix(corners[2], corners[3], f[0]), f[1]);
        const double top = mix(mix(corners[4], corners[5], f[0]), mix(corners[6], corners[7], f[0]), f[1]);
        c.add(p, mix(bottom, top, f[2]));
      }
  }
  return c.value(least(a, b) * 0.8 / double(stride * stride));
}

struct Vote {
  WholeShift shift;
  Shift mean{};  ///< of the votes within a voxel of it
  int votes = 0, score = 0;
};

// The shifts that most landmarks agree on, most first.
std::vector<Vote> voted_shifts(const MatchableScan& a, const MatchableScan& b) {
  std::vector<Vote> votes;
  for (const auto& p : a.landmarks()) {
    std::int32_t best = alike;
    const MatchableScan::Landmark* match = nullptr;
    for (const auto& q : b.landmarks()) {
      std::int32_t dot = 0;
      for (std::size_t i = 0; i < 32; ++i) dot += std::int32_t(p.around[i]) * q.around[i];
      if (dot > best) best = dot, match = &q;
    }
    if (match) votes.push_back({{match->at[0] - p.at[0], match->at[1] - p.at[1], match->at[2] - p.at[2]}});
  }
  for (auto& v : votes) {
    for (const auto& w : votes) {
      int weight = 1;
      for (std::size_t k = 0; k < 3; ++k) {
        const auto d = std::abs(v.shift[k] - w.shift[k]);
        weight *= d == 0 ? 2 : d == 1 ? 1 : 0;
      }
      if (weight == 0) continue;
      ++v.votes, v.score += weight;
      for (std::size_t k = 0; k < 3; ++k) v.mean[k] += double(w.shift[k]);
    }
    for (double& m : v.mean) m /= double(v.votes);
  }
  std::stable_sort(votes.begin(), votes.end(),
                   [](const Vote& v, const Vote& w) { return v.score > w.score; });
  std::vector<Vote> out;
  for (const auto& v : votes) {
    if (out.size() == shifts_tried || 2 * v.score < votes[0].score) break;
    const bool known = std::any_of(out.begin(), out.end(), [&](const Vote& o) {
      return std::abs(o.shift[0] - v.shift[0]) <= 1 && std::abs(o.shift[1] - v.shift[1]) <= 1 &&
             std::abs(o.shift[2] - v.shift[2]) <= 1;
    });
    if (v.votes >= least_votes && !known) out.push_back(v);
  }
  return out;
}

template <class Measure>
void climb(Shift& at, double& best, double step, const Measure& measure) {
  for (int round = 0; round < 8; ++round) {
    const double before = best;
    for (std::size_t k = 0; k < 3; ++k)
      for (const double side : {-step, step}) {
        Shift s = at;
        s[k] += side;
        if (const double value = measure(s); value > best) best = value, at = s;
      }
    if (best <= before) return;
  }
}

// Sampling one scan between the other's voxels is not symmetric: the better of both ways is.
double correlate_both(const MatchableScan& a, const MatchableScan& b, const Shift& s, std::int64_t stride) {
  return std::max(correlate_between(a, b, s, stride), correlate_between(b, a, {-s[0], -s[1], -s[2]}, stride));
}

}  // namespace

double similarity(const MatchableScan& a, const MatchableScan& b) {
  const auto order = [](const MatchableScan& s) {
    return std::pair(s.landmarks().size(), s.descriptor().content);
  };
  if (order(b) < order(a)) return similarity(b, a);
  if (a.descriptor().content == b.descriptor().content && a.descriptor().values == b.descriptor().values)
    return 1;
  double best = 0;
  for (const Vote& vote : voted_shifts(a, b)) {
    double value = correlate_whole(a, b, vote.shift, 2);
    Shift at{double(vote.shift[0]), double(vote.shift[1]), double(vote.shift[2])};
    if (const double mean = correlate_between(a, b, vote.mean, 3); mean > value) value = mean, at = vote.mean;
    if (value > worth_refining) {
      for (const double step : {0.5, 0.25})
        climb(at, value, step, [&](const Shift& s) { return correlate_between(a, b, s, 2); });
      value = correlate_both(a, b, at, 1);
      if (value > worth_refining + 0.1)
        for (const double step : {0.25, 0.125})
          climb(at, value, step, [&](const Shift& s) { return correlate_both(a, b, s, 1); });
    }
    best = std::max(best, value);
  }
  return std::clamp(best, 0.0, 1.0);
}

double similarity(const ScanDescriptor& a, const ScanDescriptor& b) {
  return similarity(MatchableScan(a), MatchableScan(b));
}

}  // namespace anatomynet::curation

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "curation/overlap.h"
#include "curation/overlap_layout.h"

namespace anatomynet {
namespace {
using namespace scan_layout;

class Scan {
 public:
  explicit Scan(const ScanDescriptor& d) : values_(d.values) {
    if (!values_.empty()) slices = static_cast<std::int64_t>(values_[0]);
    if (values_.empty() || slices < 1 ||
        values_.size() != header + std::size_t(slices) * (slice_head + slice_voxels))
      throw Error(ErrorKind::input, "a scan descriptor is damaged: made by another version? curate anew");
  }
  const float* head(std::int64_t z) const {
    return values_.data() + header + std::size_t(z) * (slice_head + slice_voxels);
  }
  const float* voxels(std::int64_t z) const { return head(z) + slice_head; }
  std::int64_t slices = 0;

 private:
  const std::vector<float>& values_;
};

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

// Slices in common below which nothing is proven: half of the shorter scan, 64 mm where there are as many.
std::int64_t least_slices(const Scan& a, const Scan& b) {
  const std::int64_t shorter = std::min(a.slices, b.slices);
  return std::min(shorter, std::max<std::int64_t>(8, shorter / 2));
}

double correlate_whole(const Scan& a, const Scan& b, const Shift& shift, std::int64_t stride) {
  const std::int64_t dx = std::llround(shift[0]), dy = std::llround(shift[1]), dz = std::llround(shift[2]);
  Correlation c;
  for (std::int64_t z = std::max<std::int64_t>(0, -dz); z < std::min(a.slices, b.slices - dz); ++z) {
    const float *u = a.voxels(z), *v = b.voxels(z + dz);
    for (std::int64_t y = std::max<std::int64_t>(0, -dy); y < std::min(height, height - dy); y += stride) {
      const float *p = u + y * width, *q = v + (y + dy) * width + dx;
      for (std::int64_t x = std::max<std::int64_t>(0, -dx); x < std::min(width, width - dx); x += stride)
        if (p[x] != outside && q[x] != outside) c.add(p[x], q[x]);
    }
  }
  return c.value(double(least_slices(a, b)) * double(slice_voxels) / 4 / double(stride * stride));
}

double correlate_between(const Scan& a, const Scan& b, const Shift& shift) {
  std::array<std::int64_t, 3> d;
  std::array<double, 3> f;
  for (std::size_t k = 0; k < 3; ++k) {
    d[k] = static_cast<std::int64_t>(std::floor(shift[k]));
    f[k] = shift[k] - double(d[k]);
  }
  Correlation c;
  for (std::int64_t z = std::max<std::int64_t>(0, -d[2]); z < std::min(a.slices, b.slices - d[2]); ++z) {
    const std::int64_t above = std::min(z + d[2] + 1, b.slices - 1);
    const float *u = a.voxels(z), *low = b.voxels(z + d[2]), *high = b.voxels(above);
    for (std::int64_t y = std::max<std::int64_t>(0, -d[1]); y < std::min(height, height - 1 - d[1]); ++y)
      for (std::int64_t x = std::max<std::int64_t>(0, -d[0]); x < std::min(width, width - 1 - d[0]); ++x) {
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
  return c.value(double(least_slices(a, b)) * double(slice_voxels) / 4);
}

// The shift in plane that brings the bone of the slices in common together.
Shift by_bone(const Scan& a, const Scan& b, std::int64_t dz) {
  std::array<double, 3> sa{}, sb{};
  for (std::int64_t z = std::max<std::int64_t>(0, -dz); z < std::min(a.slices, b.slices - dz); ++z) {
    const float *u = a.head(z), *v = b.head(z + dz);
    sa[0] += u[0], sa[1] += double(u[0]) * u[1], sa[2] += double(u[0]) * u[2];
    sb[0] += v[0], sb[1] += double(v[0]) * v[1], sb[2] += double(v[0]) * v[2];
  }
  if (sa[0] <= 0 || sb[0] <= 0) return {0, 0, double(dz)};
  const auto within = [](double d) { return std::clamp(d, -double(width) / 2, double(width) / 2); };
  return {within(sb[1] / sb[0] - sa[1] / sa[0]), within(sb[2] / sb[0] - sa[2] / sa[0]), double(dz)};
}

template <class Measure>
void climb(Shift& at, double& best, double step, const Measure& measure) {
  for (int round = 0; round < 8; ++round) {
    const double before = best;
    for (std::size_t k = 0; k < 3; ++k)
      for (const double side : {-step, step}) {
        Shift s = at;
        s[k] += side;
        if (std::abs(s[0]) > double(width) * 0.6 || std::abs(s[1]) > double(width) * 0.6) continue;
        if (const double value = measure(s); value > best) best = value, at = s;
      }
    if (best <= before) return;
  }
}

double best_correlation(const Scan& a, const Scan& b) {
  struct Start {
    double value;
    Shift shift;
  };
  std::vector<Start> starts;
  const std::int64_t least = least_slices(a, b);
  for (std::int64_t dz = least - a.slices; dz <= b.slices - least; ++dz) {
    const Shift s = by_bone(a, b, dz);
    starts.push_back({correlate_whole(a, b, s, 2), s});
  }
  std::stable_sort(starts.begin(), starts.end(),
                   [](const Start& s, const Start& t) { return s.value > t.value; });
  double best = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, starts.size()); ++i) {
    Shift at = starts[i].shift;
    for (double& v : at) v = std::round(v);
    double value = correlate_whole(a, b, at, 1);
    climb(at, value, 1, [&](const Shift& s) { return correlate_whole(a, b, s, 1); });
    // The same scan half a voxel off still reaches this; fine steps are for those alone.
    if (value > 0.5)
      for (const double step : {0.5, 0.25, 0.125})
        climb(at, value, step, [&](const Shift& s) { return correlate_between(a, b, s); });
    best = std::max(best, value);
  }
  return best;
}

}  // namespace

double similarity(const ScanDescriptor& a, const ScanDescriptor& b) {
  const Scan s(a), t(b);
  if (a.content == b.content && a.values == b.values) return 1;
  // Sampling one between the other's voxels is not symmetric: the better of both ways is.
  return std::clamp(std::max(best_correlation(s, t), best_correlation(t, s)), 0.0, 1.0);
}

}  // namespace anatomynet

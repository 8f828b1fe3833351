#include "core/resample.h"

#include <algorithm>
#include <cmath>

#include "core/argmax.h"
#include "core/error.h"
#include "core/large_volume.h"
#include "core/thread_buffers.h"

namespace anatomynet::core {
namespace {

// Source weights for one target position along one axis.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

// Both grids have the same axes, so the source index along axis k depends on the target index along k alone.
void index_line(const Grid& source, const Grid& target, int k, double& start, double& step) {
  start = source.to_index(target.origin)[k];
  step = target.spacing[k] / source.spacing[k];
}

void normalise(std::vector<float>& weights, double sum) {
  for (float& w : weights) w = static_cast<float>(w / sum);
}

std::vector<Taps> taps_along(const Grid& source, const Grid& target, int k) {
  double start = 0, step = 1;
  index_line(source, target, k, start, step);
  const double radius = std::max(1.0, step);
  const std::int64_t n = source.size[k];
  std::vector<Taps> taps(static_cast<std::size_t>(target.size[k]));
  for (std::int64_t i = 0; i < target.size[k]; ++i) {
    const double centre = std::clamp(start + step * double(i), 0.0, double(n - 1));
    const auto lo = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(centre - radius)) + 1);
    const auto hi = std::min<std::int64_t>(n - 1, static_cast<std::int64_t>(std::ceil(centre + radius)) - 1);
    Taps& tap = taps[static_cast<std::size_t>(i)];
    tap.first = lo;
    double sum = 0;
    for (std::int64_t j = lo; j <= hi; ++j) {
      const double w = std::max(0.0, 1.0 - std::abs(double(j) - centre) / radius);
      tap.weights.push_back(static_cast<float>(w));
      sum += w;
    }
    normalise(tap.weights, sum);
  }
  return taps;
}

// The same where the source's samples lie at `mm`.
std::vector<Taps> taps_between(const Grid& source, const Grid& target, const AxisPositions& uneven) {
  const auto k = static_cast<std::size_t>(uneven.axis);
  const std::vector<double>& mm = uneven.mm;
  const double start = source.to_index(target.origin)[k] * source.spacing[k], step = target.spacing[k];
  const std::int64_t last = std::ssize(mm) - 1;
  std::vector<Taps> taps(static_cast<std::size_t>(target.size[k]));
  for (std::int64_t i = 0; i < target.size[k]; ++i) {
    const double centre = std::clamp(start + step * double(i), 0.0, mm.back());
    const double index = std::clamp(uneven.index_of(centre), 0.0, double(last));
    const auto low = std::min(static_cast<std::int64_t>(index), last - 1);
    Taps& tap = taps[static_cast<std::size_t>(i)];
    if (mm[low + 1] - mm[low] >= step) {
      const double above = index - double(low);
      tap.first = low;
      tap.weights = {static_cast<float>(1 - above), static_cast<float>(above)};
      continue;
    }
    tap.first = std::upper_bound(mm.begin(), mm.end(), centre - step) - mm.begin();
    double sum = 0;
    for (std::int64_t j = tap.first; j <= last && mm[j] < centre + step; ++j) {
      // The outermost samples reach as far out as in.
      const double below = j > 0 ? mm[j] - mm[j - 1] : mm[1] - mm[0];
      const double slab = ((j < last ? mm[j + 1] - mm[j] : below) + below) / 2;
      const double w = slab * (1 - std::abs(mm[j] - centre) / step);
      tap.weights.push_back(static_cast<float>(w));
      sum += w;
    }
    normalise(tap.weights, sum);
  }
  return taps;
}

// The weighted sum of rows (or slices) of `n` values that lie one after the other.
template <class In>
void sum_rows(const In* rows, const Taps& tap, std::int64_t n, float* to) {
  std::fill_n(to, n, 0.0f);
  for (std::size_t t = 0; t < tap.weights.size(); ++t) {
    const In* from = rows + (tap.first + static_cast<std::int64_t>(t)) * n;
    const float w = tap.weights[t];
    for (std::int64_t v = 0; v < n; ++v) to[v] += w * static_cast<float>(from[v]);
  }
}

void require_same_axes(const Grid& a, const Grid& b) {
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c)
      if (std::abs(a.direction[r][c] - b.direction[r][c]) > 1e-6)
        throw Error(ErrorKind::internal, "resampling between grids whose axes differ");
}

// Visits every voxel of the reoriented volume with the offset of its source voxel.
template <class Visit>
void for_each_reoriented(const Grid& original, const Grid& turned, const Orientation& o, Visit visit) {
  const std::array<std::int64_t, 3> stride{1, original.size[0], original.size[0] * original.size[1]};
  std::array<std::int64_t, 3> step{};
  std::int64_t start = 0;
  for (int k = 0; k < 3; ++k) {
    step[k] = o.flipped[k] ? -stride[o.axis[k]] : stride[o.axis[k]];
    if (o.flipped[k]) start += stride[o.axis[k]] * (turned.size[k] - 1);
  }
#pragma omp parallel for collapse(2) schedule(static)
  for (std::int64_t z = 0; z < turned.size[2]; ++z)
    for (std::int64_t y = 0; y < turned.size[1]; ++y) {
      const std::int64_t row = (z * turned.size[1] + y) * turned.size[0];
      for (std::int64_t x = 0; x < turned.size[0]; ++x)
        visit(row + x, start + x * step[0] + y * step[1] + z * step[2]);
    }
}

template <class T>
Volume<T> turned(const VolumeView<T>& in, const Orientation& orientation) {
  Volume<T> out(reoriented(in.grid, orientation));
  for_each_reoriented(in.grid, out.grid, orientation,
                      [&](std::int64_t to, std::int64_t from) { out.voxels[to] = in.voxels[from]; });
  return out;
}

}  // namespace

template <class T>
Volume<T> reorient(const Volume<T>& in, const Orientation& orientation) {
  return orientation.identity() ? in : turned<T>(in, orientation);
}

CtVolume reorient(const CtView& in, const Orientation& orientation) { return turned(in, orientation); }

template <class T>
Volume<T> reorient_back(const Volume<T>& in, const Grid& original, const Orientation& orientation) {
  Volume<T> out(original);
  for_each_reoriented(original, in.grid, orientation,
                      [&](std::int64_t from, std::int64_t to) { out.voxels[to] = in.voxels[from]; });
  return out;
}

template CtVolume reorient(const CtVolume&, const Orientation&);
template LabelVolume reorient(const LabelVolume&, const Orientation&);
template CtVolume reorient_back(const CtVolume&, const Grid&, const Orientation&);
template LabelVolume reorient_back(const LabelVolume&, const Grid&, const Orientation&);

Grid with_spacing(const Grid& grid, const Vec3& spacing) {
  Grid out = grid;
  Vec3 first{};
  for (int k = 0; k < 3; ++k) {
    const double extent = double(grid.size[k]) * grid.spacing[k];
    out.spacing[k] = spacing[k];
    out.size[k] = std::max<std::int64_t>(1, std::llround(extent / spacing[k]));
    const double centre = double(grid.size[k] - 1) / 2;
    first[k] = centre - double(out.size[k] - 1) / 2 * spacing[k] / grid.spacing[k];
  }
  out.origin = grid.to_world(first);
  return out;
}

Volume<float> resample_linear(const CtView& in, const Grid& target, const AxisPositions* uneven) {
  require_same_axes(in.grid, target);
  const Size3& s = in.grid.size;
  const Size3& t = target.size;
  Volume<float> out = large_volume<float>(target);
  const auto along = [&](int k) {
    return uneven && uneven->axis == k ? taps_between(in.grid, target, *uneven)
                                       : taps_along(in.grid, target, k);
  };
  const auto along_x = along(0), along_y = along(1), along_z = along(2);
  // A target slice at a time, z first: what lies between stays in the cache.
  ThreadBuffers<float> buffers;
  buffers.ready(static_cast<std::size_t>((s[1] + 1) * s[0]));
#pragma omp parallel
  {
    float *const slice = buffers.here(), *const row = slice + s[1] * s[0];
#pragma omp for schedule(static)
    for (std::int64_t z = 0; z < t[2]; ++z) {
      sum_rows(in.voxels.data(), along_z[z], s[1] * s[0], slice);
      for (std::int64_t y = 0; y < t[1]; ++y) {
        sum_rows(slice, along_y[y], s[0], row);
        float* to = out.voxels.data() + (z * t[1] + y) * t[0];
        for (std::int64_t x = 0; x < t[0]; ++x) sum_rows(row, along_x[x], 1, to + x);
      }
    }
  }
  return out;
}

LabelVolume resample_labels(const LabelVolume& in, const Grid& target) {
  require_same_axes(in.grid, target);
  std::array<bool, 256> present{};
  for (const auto v : in.voxels) present[v] = true;
  std::vector<std::uint8_t> ids;
  for (int id = 0; id < 256; ++id)
    if (present[id]) ids.push_back(static_cast<std::uint8_t>(id));
  std::vector<float> masks(ids.size() * in.voxels.size());
  for (std::size_t c = 0; c < ids.size(); ++c) {
    float* mask = masks.data() + c * in.voxels.size();
    std::transform(in.voxels.begin(), in.voxels.end(), mask,
                   [&](std::uint8_t v) { return v == ids[c] ? 1.0f : 0.0f; });
  }
  return argmax_on_grid(masks, in.grid, ids, target);
}

LabelVolume resample_nearest(const LabelVolume& in, const Grid& target) {
  require_same_axes(in.grid, target);
  std::array<std::vector<std::int64_t>, 3> source;
  for (int k = 0; k < 3; ++k) {
    double start = 0, step = 1;
    index_line(in.grid, target, k, start, step);
    for (std::int64_t i = 0; i < target.size[k]; ++i) {
      const auto j = static_cast<std::int64_t>(std::floor(start + step * double(i) + 0.5));
      source[k].push_back(j >= 0 && j < in.grid.size[k] ? j : -1);
    }
  }
  LabelVolume out(target);
#pragma omp parallel for schedule(static)
  for (std::int64_t z = 0; z < target.size[2]; ++z)
    for (std::int64_t y = 0; y < target.size[1]; ++y)
      for (std::int64_t x = 0; x < target.size[0]; ++x) {
        const std::int64_t sx = source[0][x], sy = source[1][y], sz = source[2][z];
        if (sx >= 0 && sy >= 0 && sz >= 0) out.at(x, y, z) = in.at(sx, sy, sz);
      }
  return out;
}

}  // namespace anatomynet::core

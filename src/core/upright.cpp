#include "core/upright.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace anatomynet::core {
namespace {

// The eight voxels around a fractional index and their shares.
struct Neighbours {
  std::array<std::int64_t, 8> offset;
  std::array<float, 8> share;
};

// False where the point lies outside the outermost voxels' centres. Rounding must not decide: a point within
// `slack` of the border is on it.
bool find_neighbours(const Grid& g, const Vec3& index, Neighbours& found) {
  constexpr double slack = 1e-6;
  std::array<std::int64_t, 3> low, high;
  std::array<float, 3> part;
  for (int k = 0; k < 3; ++k) {
    const double last = double(g.size[k] - 1);
    if (index[k] < -slack || index[k] > last + slack) return false;
    const double at = std::clamp(index[k], 0.0, last);
    low[k] = static_cast<std::int64_t>(at);
    high[k] = std::min(low[k] + 1, g.size[k] - 1);
    part[k] = static_cast<float>(at - double(low[k]));
  }
  for (int corner = 0; corner < 8; ++corner) {
    const auto pick = [&](int k) { return corner >> k & 1 ? high[k] : low[k]; };
    const auto share = [&](int k) { return corner >> k & 1 ? part[k] : 1 - part[k]; };
    found.offset[corner] = g.offset(pick(0), pick(1), pick(2));
    found.share[corner] = share(0) * share(1) * share(2);
  }
  return true;
}

// An index as a regular grid of this spacing counts it, of one that counts samples, and the other way round.
Vec3 counted_in_mm(Vec3 index, const Grid& grid, const AxisPositions* uneven) {
  if (!uneven) return index;
  index[uneven->axis] = uneven->mm_of(index[uneven->axis]) / grid.spacing[uneven->axis];
  return index;
}
Vec3 counted_in_samples(Vec3 index, const Grid& grid, const AxisPositions* uneven) {
  if (!uneven) return index;
  index[uneven->axis] = uneven->index_of(index[uneven->axis] * grid.spacing[uneven->axis]);
  return index;
}

// Where the samples of the two grids lie along an axis, where not evenly.
struct Uneven {
  const AxisPositions *source = nullptr, *target = nullptr;
};

// Every voxel of `target`, slices in parallel: what `value` makes of its neighbours in `in`.
template <class T, class Value>
Volume<T> sampled(const VolumeView<T>& in, const Grid& target, T outside, const Uneven& uneven,
                  const Value& value) {
  Volume<T> out(target);
#pragma omp parallel for schedule(static)
  for (std::int64_t z = 0; z < target.size[2]; ++z)
    for (std::int64_t y = 0; y < target.size[1]; ++y)
      for (std::int64_t x = 0; x < target.size[0]; ++x) {
        Neighbours n;
        const Vec3 at = counted_in_mm({double(x), double(y), double(z)}, target, uneven.target);
        const Vec3 index = counted_in_samples(in.grid.to_index(target.to_world(at)), in.grid, uneven.source);
        out.at(x, y, z) = find_neighbours(in.grid, index, n) ? value(n) : outside;
      }
  return out;
}

}  // namespace

double obliquity(const Grid& grid) {
  const Grid turned = reoriented(grid, nearest_orientation(grid));
  double smallest = 1;
  for (int k = 0; k < 3; ++k) smallest = std::min(smallest, turned.direction[k][k]);
  return std::acos(std::clamp(smallest, -1.0, 1.0)) * 180 / std::numbers::pi;
}

Grid upright_grid(const Grid& grid) {
  Vec3 low, high;
  low.fill(HUGE_VAL);
  high.fill(-HUGE_VAL);
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index{};
    for (int k = 0; k < 3; ++k) index[k] = corner >> k & 1 ? double(grid.size[k] - 1) : 0;
    const Vec3 world = grid.to_world(index);
    for (int k = 0; k < 3; ++k) {
      low[k] = std::min(low[k], world[k]);
      high[k] = std::max(high[k], world[k]);
    }
  }
  Grid upright{.spacing = reoriented(grid, nearest_orientation(grid)).spacing};
  for (int k = 0; k < 3; ++k) {
    const double extent = high[k] - low[k];
    upright.size[k] = static_cast<std::int64_t>(std::ceil(extent / upright.spacing[k] - 1e-6)) + 1;
    upright.origin[k] = low[k] - (double(upright.size[k] - 1) * upright.spacing[k] - extent) / 2;
  }
  return upright;
}

CtVolume resample_oblique(const CtView& in, const Grid& target, std::int16_t outside,
                          const AxisPositions* uneven) {
  return sampled(in, target, outside, {uneven, nullptr}, [&](const Neighbours& n) {
    float sum = 0;
    for (int i = 0; i < 8; ++i) sum += n.share[i] * float(in.voxels[n.offset[i]]);
    return static_cast<std::int16_t>(std::lround(sum));
  });
}

LabelVolume resample_oblique(const LabelVolume& in, const Grid& target, const AxisPositions* uneven) {
  return sampled<std::uint8_t>(in, target, 0, {nullptr, uneven}, [&](const Neighbours& n) {
    std::array<std::uint8_t, 8> labels;
    for (int i = 0; i < 8; ++i) labels[i] = in.voxels[n.offset[i]];
    if (std::all_of(labels.begin(), labels.end(), [&](auto l) { return l == labels[0]; })) return labels[0];
    std::uint8_t best = 0;
    float most = -1;
    for (int i = 0; i < 8; ++i) {
      float share = 0;
      for (int j = 0; j < 8; ++j) share += labels[j] == labels[i] ? n.share[j] : 0;
      if (share > most || (share == most && labels[i] < best)) {
        most = share;
        best = labels[i];
      }
    }
    return best;
  });
}

}  // namespace anatomynet::core

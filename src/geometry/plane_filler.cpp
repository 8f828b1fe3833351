#include "geometry/plane_filler.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/vectors.h"

namespace anatomynet::geometry {
namespace {

constexpr int coverage_lines = 16;  // across a voxel

// What any of the lists of intervals [u, u') holds, appended as intervals that are apart.
void append_union(std::vector<std::array<double, 2>>& intervals, std::vector<double>& out) {
  std::sort(intervals.begin(), intervals.end());
  for (std::size_t i = 0; i < intervals.size();) {
    auto [from, to] = intervals[i];
    for (++i; i < intervals.size() && intervals[i][0] <= to; ++i) to = std::max(to, intervals[i][1]);
    out.push_back(from);
    out.push_back(to);
  }
}

}  // namespace

bool VoxelBox3::empty() const {
  for (std::size_t k = 0; k < 3; ++k)
    if (last[k] < first[k]) return true;
  return false;
}

PlaneFiller::PlaneFiller(const PlaneStack& stack, const VoxelFrame& frame, bool half_covered,
                         LabelVolume& mask)
    : stack_(stack), frame_(frame), half_covered_(half_covered), mask_(mask) {
  const Grid& grid = frame.grid();
  const auto r = static_cast<std::size_t>(stack.row);
  const Vec3 step = scaled(axis_of(grid, stack.row), grid.spacing[r]);
  du_ = dot(step, stack.u);
  dt_ = dot(step, stack.normal);
  stride_ = r == 0 ? 1 : r == 1 ? grid.size[0] : grid.size[0] * grid.size[1];
  // A voxel's width along v: that of the grid axis which lies there most nearly.
  double nearest = 0;
  for (const int k : {0, 1, 2})
    if (const double along = std::abs(dot(axis_of(grid, k), stack.v)); along > nearest)
      nearest = along, width_ = grid.spacing[static_cast<std::size_t>(k)];
}

void PlaneFiller::take(const ContourPlane& plane) {
  alone_ = EdgeSweep();
  groups_.clear();
  std::map<int, std::size_t> known;
  for (const PlanePolygon& polygon : plane.polygons) {
    if (polygon.group < 0) {
      alone_.add(polygon.points);
      continue;
    }
    const auto [it, fresh] = known.emplace(polygon.group, groups_.size());
    if (fresh) groups_.emplace_back();
    EdgeSweep& one = groups_[it->second].emplace_back();
    one.add(polygon.points);
    one.sort();
  }
  alone_.sort();
}

double PlaneFiller::work(const ContourPlane& plane, const VoxelBox3& box) const {
  double low = INFINITY, high = -INFINITY, climb = 0;
  for (const PlanePolygon& polygon : plane.polygons)
    for (std::size_t i = 0; i < polygon.points.size(); ++i) {
      const double a = polygon.points[i][1], b = polygon.points[(i + 1) % polygon.points.size()][1];
      low = std::min(low, a), high = std::max(high, a);
      climb += std::abs(a - b);
    }
  const auto r = static_cast<std::size_t>(stack_.row);
  double rows = 1;
  for (std::size_t k = 0; k < 3; ++k)
    if (k != r) rows *= double(box.last[k] - box.first[k] + 1);
  // A line crosses on average climb / (high - low) edges.
  const double each = high > low ? climb / (high - low) : 0;
  return rows * (1 + each) * (half_covered_ ? coverage_lines : 1);
}

void PlaneFiller::fill(const ContourPlane& plane, const Slab& slab, const VoxelBox3& box) {
  take(plane);
  const Grid& grid = frame_.grid();
  const auto r = static_cast<std::size_t>(stack_.row);
  // The inner loop runs along the axis on which v changes most, in the sense in which it rises.
  const auto along_v = [&](std::size_t k) { return dot(axis_of(grid, static_cast<int>(k)), stack_.v); };
  std::size_t a = (r + 1) % 3, b = (r + 2) % 3;
  if (std::abs(along_v(b)) > std::abs(along_v(a))) std::swap(a, b);
  const bool falling = along_v(a) < 0;
  for (std::int64_t j = box.first[b]; j <= box.last[b]; ++j)
    for (std::int64_t n = box.first[a]; n <= box.last[a]; ++n) {
      Size3 start{0, 0, 0};
      start[a] = falling ? box.first[a] + box.last[a] - n : n;
      start[b] = j;
      const Vec3 p = frame_.to_world(start);
      fill_row(slab, dot(p, stack_.u), dot(p, stack_.v), dot(p, stack_.normal), start, box);
    }
}

void PlaneFiller::fill_row(const Slab& slab, double u, double v, double t, const Size3& start,
                           const VoxelBox3& box) {
  const auto r = static_cast<std::size_t>(stack_.row);
  std::int64_t first = box.first[r], last = box.last[r];
  if (std::abs(dt_) < 1e-9) {
    if (stack_.across < 0 && (t < slab.low || t >= slab.high)) return;
  } else {
    const double x0 = (slab.low - t) / dt_, x1 = (slab.high - t) / dt_;
    const auto at_least = [](double x) {
      return static_cast<std::int64_t>(std::ceil(std::clamp(x, -1e9, 1e9)));
    };
    // low <= t < high, whichever way t runs
    first = std::max(first, dt_ > 0 ? at_least(x0) : at_least(std::nextafter(x1, INFINITY)));
    last = std::min(
        last, dt_ > 0 ? at_least(x1) - 1 : static_cast<std::int64_t>(std::floor(std::clamp(x0, -1e9, 1e9))));
  }
  if (first > last) return;
  const std::int64_t at = frame_.grid().offset(start[0], start[1], start[2]);
  if (half_covered_) {
    fill_covered(u, v, first, last, at);
    return;
  }
  cross(v);
  for (std::size_t i = 0; i + 1 < crossings_.size(); i += 2) {
    const std::int64_t from = std::max(first, index(crossings_[i], u)),
                       to = std::min(last + 1, index(crossings_[i + 1], u));
    for (std::int64_t x = from; x < to; ++x) mask_.voxels[static_cast<std::size_t>(at + x * stride_)] = 1;
  }
}

std::int64_t PlaneFiller::index(double crossing, double u) const {
  return static_cast<std::int64_t>(std::ceil(std::clamp((crossing - u) / du_, -1e9, 1e9)));
}

// The bounds along the line at v of what is inside: groups united, then all by the even-odd rule.
void PlaneFiller::cross(double v) {
  crossings_ = alone_.at(v);
  if (groups_.empty()) return;
  std::vector<std::array<double, 2>> intervals;
  for (auto& group : groups_) {
    intervals.clear();
    for (EdgeSweep& polygon : group) {
      const std::vector<double>& u = polygon.at(v);
      for (std::size_t i = 0; i + 1 < u.size(); i += 2) intervals.push_back({u[i], u[i + 1]});
    }
    append_union(intervals, crossings_);
  }
  std::sort(crossings_.begin(), crossings_.end());
}

void PlaneFiller::fill_covered(double u, double v, std::int64_t first, std::int64_t last, std::int64_t at) {
  covered_.assign(static_cast<std::size_t>(last - first + 1), 0);
  for (int k = 0; k < coverage_lines; ++k) {
    cross(v + ((k + 0.5) / coverage_lines - 0.5) * width_);
    for (std::size_t i = 0; i + 1 < crossings_.size(); i += 2) {
      const double from = std::max((crossings_[i] - u) / du_, double(first) - 0.5),
                   to = std::min((crossings_[i + 1] - u) / du_, double(last) + 0.5);
      if (from >= to) continue;
      for (auto x = std::llround(from); x <= std::min<std::int64_t>(last, std::llround(to)); ++x) {
        const double share = std::min(to, double(x) + 0.5) - std::max(from, double(x) - 0.5);
        if (share > 0) covered_[static_cast<std::size_t>(x - first)] += share / coverage_lines;
      }
    }
  }
  for (std::int64_t x = first; x <= last; ++x)
    if (covered_[static_cast<std::size_t>(x - first)] >= 0.5 - 1e-9)
      mask_.voxels[static_cast<std::size_t>(at + x * stride_)] = 1;
}

}  // namespace anatomynet::geometry

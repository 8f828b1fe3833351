#include "geometry/rasterise.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "geometry/contour_planes.h"
#include "geometry/shape_interpolation.h"

namespace anatomynet {
namespace {

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// Where along the normal a plane is in charge: low <= t < high.
struct Reach {
  double low, high;
};

double median_gap(const std::vector<ContourPlane>& planes) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < planes.size(); ++i) gaps.push_back(planes[i].offset - planes[i - 1].offset);
  if (gaps.empty()) return 0;
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2), gaps.end());
  return gaps[gaps.size() / 2];
}

// Distance of the slices along the normal: that of the grid axis nearest to it.
double slice_distance(const PlaneStack& stack, const Grid& grid) {
  double slice = 0, nearest = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double along =
        std::abs(dot({grid.direction[0][k], grid.direction[1][k], grid.direction[2][k]}, stack.normal));
    if (along > nearest) nearest = along, slice = grid.spacing[k] * along;
  }
  return slice;
}

// Whether every plane lies on a slice. If so, planes of one slice, parted by rounding in the file, become
// one: their contours are of one drawing.
bool snap_to_slices(PlaneStack& stack, const Grid& grid) {
  if (stack.across < 0) return false;
  const double slice = slice_distance(stack, grid), first = dot(grid.origin, stack.normal);
  for (const ContourPlane& plane : stack.planes) {
    const double index = (plane.offset - first) / slice;
    if (std::abs(index - std::round(index)) >= 0.1) return false;
  }
  std::vector<ContourPlane> snapped;
  for (ContourPlane& plane : stack.planes) {
    plane.offset = first + std::round((plane.offset - first) / slice) * slice;
    if (snapped.empty() || plane.offset - snapped.back().offset > slice / 2)
      snapped.push_back(std::move(plane));
    else
      std::move(plane.polygons.begin(), plane.polygons.end(), std::back_inserter(snapped.back().polygons));
  }
  stack.planes = std::move(snapped);
  return true;
}

std::vector<Reach> reaches(const PlaneStack& stack, const Grid& grid, const RasteriseOptions& options,
                           bool on_slices) {
  const double slice = slice_distance(stack, grid);
  const double half = on_slices ? slice / 2 : std::max(slice, median_gap(stack.planes)) / 2;
  const bool fill_gaps = !on_slices && stack.across < 0 && options.gaps == SliceGaps::interpolate;
  // A hair lower, so that a centre just on the border between planes falls to the upper one whatever
  // rounding.
  const double hair = 1e-6 * slice;
  std::vector<Reach> out;
  for (std::size_t i = 0; i < stack.planes.size(); ++i) {
    const double t = stack.planes[i].offset;
    Reach reach{t - half, t + half};
    if (i > 0) {
      const double middle = (stack.planes[i - 1].offset + t) / 2;
      reach.low = fill_gaps ? middle : std::max(reach.low, middle);
    }
    if (i + 1 < stack.planes.size()) {
      const double middle = (t + stack.planes[i + 1].offset) / 2;
      reach.high = fill_gaps ? middle : std::min(reach.high, middle);
    }
    out.push_back({reach.low - hair, reach.high - hair});
  }
  return out;
}

// The edges of a plane's polygons, lowest v first.
struct Edge {
  double v0, v1, u0, slope;
};

std::vector<Edge> edges_of(const ContourPlane& plane) {
  std::vector<Edge> edges;
  for (const auto& p : plane.polygons)
    for (std::size_t i = 0; i < p.size(); ++i) {
      auto a = p[i], b = p[(i + 1) % p.size()];
      if (a[1] > b[1]) std::swap(a, b);
      if (a[1] < b[1]) edges.push_back({a[1], b[1], a[0], (b[0] - a[0]) / (b[1] - a[1])});
    }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.v0 < b.v0; });
  return edges;
}

struct Box {
  Size3 first, last;
};

// The voxels that a plane's contours can touch.
Box box_of(const ContourPlane& plane, const PlaneStack& stack, const Reach& reach, const Grid& grid) {
  Vec3 low{INFINITY, INFINITY, INFINITY}, high{-INFINITY, -INFINITY, -INFINITY};
  for (const auto& polygon : plane.polygons)
    for (const auto& p : polygon)
      for (const double t : {reach.low, reach.high}) {
        Vec3 world;
        for (std::size_t k = 0; k < 3; ++k)
          world[k] = p[0] * stack.u[k] + p[1] * stack.v[k] + t * stack.normal[k];
        const Vec3 index = grid.to_index(world);
        for (std::size_t k = 0; k < 3; ++k) {
          low[k] = std::min(low[k], index[k]);
          high[k] = std::max(high[k], index[k]);
        }
      }
  Box box;
  for (std::size_t k = 0; k < 3; ++k) {
    const double n = double(grid.size[k] - 1);
    box.first[k] = static_cast<std::int64_t>(std::clamp(std::floor(low[k]), 0.0, n + 1));
    box.last[k] = static_cast<std::int64_t>(std::clamp(std::ceil(high[k]), -1.0, n));
  }
  return box;
}

// Fills one plane's voxels row by row. A row runs along grid axis `row`, on which v is constant and u and t
// are linear; the polygons' crossings with it, sorted, bound the parts inside.
class PlaneFiller {
 public:
  PlaneFiller(const PlaneStack& stack, const Grid& grid, const RasteriseOptions& options, LabelVolume& mask)
      : stack_(stack), grid_(grid), options_(options), mask_(mask) {
    const auto r = static_cast<std::size_t>(stack.row);
    Vec3 step;
    for (std::size_t k = 0; k < 3; ++k) step[k] = grid.direction[k][r] * grid.spacing[r];
    du_ = dot(step, stack.u);
    dt_ = dot(step, stack.normal);
    stride_ = r == 0 ? 1 : r == 1 ? grid.size[0] : grid.size[0] * grid.size[1];
  }

  void fill(const ContourPlane& plane, const Reach& reach) {
    edges_ = edges_of(plane);
    restart();
    const Box box = box_of(plane, stack_, reach, grid_);
    const auto r = static_cast<std::size_t>(stack_.row);
    // The inner loop runs along the axis on which v changes most, in the sense in which it rises.
    const auto along_v = [&](std::size_t k) {
      return dot({grid_.direction[0][k], grid_.direction[1][k], grid_.direction[2][k]}, stack_.v);
    };
    std::size_t a = (r + 1) % 3, b = (r + 2) % 3;
    if (std::abs(along_v(b)) > std::abs(along_v(a))) std::swap(a, b);
    const bool falling = along_v(a) < 0;
    for (std::int64_t j = box.first[b]; j <= box.last[b]; ++j)
      for (std::int64_t n = box.first[a]; n <= box.last[a]; ++n) {
        const std::int64_t i = falling ? box.first[a] + box.last[a] - n : n;
        Size3 start{0, 0, 0};
        start[a] = i;
        start[b] = j;
        const Vec3 p = grid_.to_world({double(start[0]), double(start[1]), double(start[2])});
        fill_row(reach, dot(p, stack_.u), dot(p, stack_.v), dot(p, stack_.normal), start, box);
      }
  }

 private:
  void fill_row(const Reach& reach, double u, double v, double t, const Size3& start, const Box& box) {
    const auto r = static_cast<std::size_t>(stack_.row);
    std::int64_t first = box.first[r], last = box.last[r];
    if (std::abs(dt_) < 1e-9) {
      if (t < reach.low || t >= reach.high) return;
    } else {
      const double x0 = (reach.low - t) / dt_, x1 = (reach.high - t) / dt_;
      const auto at_least = [](double x) {
        return static_cast<std::int64_t>(std::ceil(std::clamp(x, -1e9, 1e9)));
      };
      // low <= t < high, whichever way t runs
      first = std::max(first, dt_ > 0 ? at_least(x0) : at_least(std::nextafter(x1, INFINITY)));
      last = std::min(last, dt_ > 0 ? at_least(x1) - 1
                                    : static_cast<std::int64_t>(std::floor(std::clamp(x0, -1e9, 1e9))));
    }
    if (first > last) return;
    const std::int64_t at = grid_.offset(start[0], start[1], start[2]);
    if (options_.inclusion == Inclusion::half_covered) {
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

  std::int64_t index(double crossing, double u) const {
    return static_cast<std::int64_t>(std::ceil(std::clamp((crossing - u) / du_, -1e9, 1e9)));
  }

  void restart() {
    next_ = 0;
    active_.clear();
    line_ = -INFINITY;
  }

  // Where the outlines cross the line at v. Lines mostly come in rising order: edges passed are dropped.
  void cross(double v) {
    if (v < line_) restart();
    line_ = v;
    for (; next_ < edges_.size() && edges_[next_].v0 <= v; ++next_) active_.push_back(next_);
    std::erase_if(active_, [&](std::size_t e) { return edges_[e].v1 <= v; });
    crossings_.clear();
    for (const std::size_t e : active_)
      crossings_.push_back(edges_[e].u0 + (v - edges_[e].v0) * edges_[e].slope);
    std::sort(crossings_.begin(), crossings_.end());
  }

  void fill_covered(double u, double v, std::int64_t first, std::int64_t last, std::int64_t at) {
    constexpr int lines = 16;
    covered_.assign(static_cast<std::size_t>(last - first + 1), 0);
    const double width = across_spacing();
    for (int k = 0; k < lines; ++k) {
      cross(v + ((k + 0.5) / lines - 0.5) * width);
      for (std::size_t i = 0; i + 1 < crossings_.size(); i += 2) {
        const double from = std::max((crossings_[i] - u) / du_, double(first) - 0.5),
                     to = std::min((crossings_[i + 1] - u) / du_, double(last) + 0.5);
        if (from >= to) continue;
        for (auto x = std::llround(from); x <= std::min<std::int64_t>(last, std::llround(to)); ++x) {
          const double share = std::min(to, double(x) + 0.5) - std::max(from, double(x) - 0.5);
          if (share > 0) covered_[static_cast<std::size_t>(x - first)] += share / lines;
        }
      }
    }
    for (std::int64_t x = first; x <= last; ++x)
      if (covered_[static_cast<std::size_t>(x - first)] >= 0.5 - 1e-9)
        mask_.voxels[static_cast<std::size_t>(at + x * stride_)] = 1;
  }

  // A voxel's width along v: that of the grid axis which lies there most nearly.
  double across_spacing() const {
    double width = 0, nearest = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double along =
          std::abs(dot({grid_.direction[0][k], grid_.direction[1][k], grid_.direction[2][k]}, stack_.v));
      if (along > nearest) nearest = along, width = grid_.spacing[k];
    }
    return width;
  }

  const PlaneStack& stack_;
  const Grid& grid_;
  const RasteriseOptions& options_;
  LabelVolume& mask_;
  double du_ = 1, dt_ = 0;
  std::int64_t stride_ = 1;
  std::vector<double> crossings_, covered_;
  std::vector<Edge> edges_;          ///< of the plane being filled
  std::vector<std::size_t> active_;  ///< those that cross line_
  std::size_t next_ = 0;             ///< first edge above line_
  double line_ = -INFINITY;
};

std::size_t planes_outside(const PlaneStack& stack, const std::vector<Reach>& reach, const Grid& grid) {
  std::size_t outside = 0;
  for (std::size_t i = 0; i < stack.planes.size(); ++i) {
    const Box box = box_of(stack.planes[i], stack, reach[i], grid);
    for (std::size_t k = 0; k < 3; ++k)
      if (box.first[k] > box.last[k]) {
        outside += stack.planes[i].polygons.size();
        break;
      }
  }
  return outside;
}

}  // namespace

Rasterised rasterise(const std::vector<PatientContour>& contours, const Grid& grid,
                     const RasteriseOptions& options) {
  Rasterised out{LabelVolume(grid), 0, {}};
  std::vector<PlaneStack> stacks = stack_planes(contours, grid, out.contours_used, out.warnings);
  std::size_t outside = 0;
  for (PlaneStack& stack : stacks) {
    const bool on_slices = snap_to_slices(stack, grid);
    const std::vector<Reach> reach = reaches(stack, grid, options, on_slices);
    // Gaps are those of the stack alone.
    const bool apart = stacks.size() > 1 && options.gaps == SliceGaps::interpolate && stack.across >= 0;
    LabelVolume one(apart ? grid : Grid{});
    LabelVolume& target = apart ? one : out.mask;
    PlaneFiller filler(stack, grid, options, target);
    for (std::size_t i = 0; i < stack.planes.size(); ++i) filler.fill(stack.planes[i], reach[i]);
    if (options.gaps == SliceGaps::interpolate && stack.across >= 0) interpolate_gaps(target, stack.across);
    if (&target == &one)
      for (std::size_t i = 0; i < one.voxels.size(); ++i) out.mask.voxels[i] |= one.voxels[i];
    outside += planes_outside(stack, reach, grid);
  }
  if (outside > 0)
    out.warnings.push_back(std::to_string(outside) + (outside == 1 ? " contour lies" : " contours lie") +
                           " outside the image");
  return out;
}

}  // namespace anatomynet

#include "geometry/rasterise.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>

#include "core/vectors.h"
#include "geometry/combine.h"
#include "geometry/contour_gaps.h"
#include "geometry/contour_planes.h"
#include "geometry/plane_filler.h"
#include "geometry/shape_interpolation.h"
#include "geometry/voxel_frame.h"

namespace anatomynet::geometry {
namespace {

constexpr double most_work = 1e8;  // crossings; some ten seconds

double median_gap(const std::vector<ContourPlane>& planes) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < planes.size(); ++i) gaps.push_back(planes[i].offset - planes[i - 1].offset);
  if (gaps.empty()) return 0;
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2), gaps.end());
  return gaps[gaps.size() / 2];
}

// How far a contour may lie beside the slice that it was drawn on.
double beside_slice_mm(double slice_distance) {
  return std::max(0.1 * slice_distance, std::min(0.3, 0.3 * slice_distance)) + 1e-6;
}

// How a ROI's planes lie to the slices.
enum class Alignment { on_slices, between };

bool on_slice(double offset, const AxisSamples& slices) {
  const std::int64_t nearest = slices.nearest(offset);
  return std::abs(offset - slices.at(nearest)) <= beside_slice_mm(slices.distance_at(nearest));
}

// Planes of one slice, parted by rounding in the file, become one: their contours are of one drawing. Not
// where many planes lie between slices: those of a finer drawing are each for themselves.
Alignment snap_to_slices(PlaneStack& stack, const AxisSamples& slices) {
  std::size_t aligned = 0, inside = 0;  // planes beyond the image say nothing
  for (const ContourPlane& plane : stack.planes) {
    const std::int64_t nearest = slices.nearest(plane.offset);
    if (nearest < 0 || nearest >= slices.count()) continue;
    ++inside;
    aligned += on_slice(plane.offset, slices);
  }
  if (4 * aligned < 3 * inside) return Alignment::between;
  std::vector<ContourPlane> snapped;
  for (ContourPlane& plane : stack.planes) {
    if (on_slice(plane.offset, slices)) plane.offset = slices.at(slices.nearest(plane.offset));
    if (snapped.empty() || plane.offset != snapped.back().offset)
      snapped.push_back(std::move(plane));
    else
      std::move(plane.polygons.begin(), plane.polygons.end(), std::back_inserter(snapped.back().polygons));
  }
  stack.planes = std::move(snapped);
  return Alignment::on_slices;
}

// Of planes that do not lie on slices: `half`, but not beyond the middle between neighbours. Neighbours at
// most `fill_mm` apart meet there.
std::vector<Slab> slabs_of(const std::vector<ContourPlane>& planes, double slice_distance, double half,
                           double fill_mm) {
  // A hair lower, so that a centre just on the border between planes falls to the upper one whatever
  // rounding.
  const double hair = 1e-6 * slice_distance;
  std::vector<Slab> out;
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const double t = planes[i].offset;
    Slab slab{t - half, t + half};
    const auto meet = [&](double neighbour, double& bound, bool below) {
      const double middle = (neighbour + t) / 2;
      if (std::abs(neighbour - t) <= fill_mm || (below ? middle > bound : middle < bound)) bound = middle;
    };
    if (i > 0) meet(planes[i - 1].offset, slab.low, true);
    if (i + 1 < planes.size()) meet(planes[i + 1].offset, slab.high, false);
    out.push_back({slab.low - hair, slab.high - hair});
  }
  return out;
}

// Bounds of fractional voxel indices.
struct Bounds {
  Vec3 low{INFINITY, INFINITY, INFINITY}, high{-INFINITY, -INFINITY, -INFINITY};

  void add(const Vec3& index) {
    for (std::size_t k = 0; k < 3; ++k)
      low[k] = std::min(low[k], index[k]), high[k] = std::max(high[k], index[k]);
  }
  void add(const Bounds& other) {
    add(other.low);
    add(other.high);
  }
  bool outside(const Size3& size) const {
    for (std::size_t k = 0; k < 3; ++k)
      if (high[k] < -0.5 || low[k] > double(size[k]) - 0.5) return true;
    return false;
  }
  bool reaches_beyond(const Size3& size) const {
    for (std::size_t k = 0; k < 3; ++k)
      if (low[k] < -1.5 || high[k] > double(size[k]) + 0.5) return true;
    return false;
  }
  VoxelBox3 voxels(const Size3& size) const {
    VoxelBox3 box;
    for (std::size_t k = 0; k < 3; ++k) {
      const double n = double(size[k] - 1);
      box.first[k] = static_cast<std::int64_t>(std::clamp(std::floor(low[k]), 0.0, n + 1));
      box.last[k] = static_cast<std::int64_t>(std::clamp(std::ceil(high[k]), -1.0, n));
    }
    return box;
  }
};

Bounds bounds_of(const PlanePolygon& polygon, const PlaneStack& stack, double t, const VoxelFrame& frame) {
  Bounds bounds;
  const auto add = [&](double u, double v) {
    Vec3 world;
    for (std::size_t k = 0; k < 3; ++k) world[k] = u * stack.u[k] + v * stack.v[k] + t * stack.normal[k];
    bounds.add(frame.to_index(world));
  };
  if (stack.across < 0) {
    for (const auto& [u, v] : polygon.points) add(u, v);
    return bounds;
  }
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (const auto& p : polygon.points)
    for (std::size_t k = 0; k < 2; ++k) low[k] = std::min(low[k], p[k]), high[k] = std::max(high[k], p[k]);
  add(low[0], low[1]);
  add(high[0], high[1]);
  return bounds;
}

// A plane and the voxels that it may fill.
struct Task {
  const ContourPlane* plane;
  Slab slab;
  VoxelBox3 box;
  double work = 0;
};

class Rasteriser {
 public:
  Rasteriser(const Grid& grid, const RasteriseOptions& options)
      : grid_(grid), options_(options), frame_(grid, options.slices_mm), out_{LabelVolume(grid), 0, 0, {}} {}

  Rasterised run(std::vector<PatientContour> contours) {
    LeftOut left_out;
    std::vector<PlaneStack> stacks =
        stack_planes(usable_pieces(std::move(contours), left_out), frame_, left_out);
    left_out.say(out_.warnings);
    for (PlaneStack& stack : stacks) fill(stack, stacks.size() > 1);
    combined_.say(out_.warnings);
    if (stacks.size() > 1)
      out_.warnings.push_back("contours of " + std::to_string(stacks.size()) + " orientations; joined");
    const auto say = [&](std::size_t n, const char* one, const char* many) {
      if (n > 0) out_.warnings.push_back(contour_count(n) + (n == 1 ? one : many));
    };
    say(beside_, " lies between slices; fills the nearest where that has none",
        " lie between slices; fill the nearest where that has none");
    say(out_.contours_outside, " lies outside the image", " lie outside the image");
    say(cut_, " reaches beyond the image; cut off there", " reach beyond the image; cut off there");
    say(too_much_, " too intricate, left out", " too many or too intricate, left out");
    return std::move(out_);
  }

 private:
  void fill(PlaneStack& stack, bool one_of_several) {
    const bool interpolate = options_.gaps == SliceGaps::interpolate;
    std::vector<Task> tasks = stack.across >= 0 ? parallel_tasks(stack) : tilted_tasks(stack, interpolate);
    for (const ContourPlane& plane : stack.planes)
      for (const PlanePolygon& polygon : plane.polygons) out_.contours_used += !polygon.repeat;
    // Gaps are those of the stack alone.
    const bool apart = one_of_several && interpolate && stack.across >= 0;
    LabelVolume one(apart ? grid_ : Grid{});
    LabelVolume& target = apart ? one : out_.mask;
    PlaneFiller filler(stack, frame_, options_.inclusion == Inclusion::half_covered, target);
    keep_within_budget(tasks, filler);
    for (const Task& task : tasks) filler.fill(*task.plane, task.slab, task.box);
    if (stack.across < 0) return;
    const AxisSamples slices = frame_.along(stack.across);
    const ContourGaps gaps(contoured(tasks, stack.across), slices);
    gaps.say(interpolate, out_.warnings);
    if (!interpolate) return;
    std::vector<double> mm;
    for (std::int64_t i = 0; i < slices.count(); ++i) mm.push_back(slices.at(i));
    interpolate_gaps(target, stack.across, mm, gaps.largest_filled_mm());
    if (apart)
      for (std::size_t i = 0; i < one.voxels.size(); ++i) out_.mask.voxels[i] |= one.voxels[i];
  }

  // First and last slice that each plane fills; the last below the first: none.
  using Range = std::array<std::int64_t, 2>;
  std::vector<Range> ranges(const std::vector<ContourPlane>& planes, Alignment alignment, double spacing,
                            const AxisSamples& slices) {
    std::vector<Range> out;
    if (alignment == Alignment::between) {
      for (const Slab& slab : slabs_of(planes, spacing, std::max(spacing, median_gap(planes)) / 2, 0))
        out.push_back({slices.first_from(slab.low), slices.first_from(slab.high) - 1});
      return out;
    }
    std::set<std::int64_t> drawn;
    for (const ContourPlane& plane : planes)
      if (const std::int64_t slice = slices.nearest(plane.offset); plane.offset == slices.at(slice))
        drawn.insert(slice);
    for (const ContourPlane& plane : planes) {
      const std::int64_t slice = slices.nearest(plane.offset);
      const bool stray = plane.offset != slices.at(slice);
      if (stray && slice >= 0 && slice < slices.count()) beside_ += plane.polygons.size();
      out.push_back({slice, stray && drawn.contains(slice) ? slice - 1 : slice});
    }
    return out;
  }

  std::vector<Task> parallel_tasks(PlaneStack& stack) {
    const AxisSamples slices = frame_.along(stack.across);
    const auto axis = static_cast<std::size_t>(stack.across);
    const Alignment alignment = snap_to_slices(stack, slices);
    combine_all(stack);
    const std::vector<Range> range = ranges(stack.planes, alignment, grid_.spacing[axis], slices);
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < stack.planes.size(); ++i) {
      const ContourPlane& plane = stack.planes[i];
      const auto [first, last] = range[i];
      const std::int64_t slice = slices.nearest(plane.offset);
      const bool beyond = slice < 0 || slice >= slices.count();
      const bool outside = beyond && (alignment == Alignment::on_slices || last < first);
      const auto own_bounds = [&](const PlanePolygon& polygon) {
        Bounds bounds = bounds_of(polygon, stack, plane.offset, frame_);
        bounds.low[axis] = bounds.high[axis] = outside ? -INFINITY : 0;
        return bounds;
      };
      Bounds bounds;
      if (!add_contours(plane, own_bounds, bounds)) continue;
      Task task{&plane, {-INFINITY, INFINITY}, bounds.voxels(grid_.size)};
      task.box.first[axis] = first;
      task.box.last[axis] = last;
      tasks.push_back(task);
    }
    return tasks;
  }

  std::vector<Task> tilted_tasks(PlaneStack& stack, bool interpolate) {
    combine_all(stack);
    double slice = 0, most = 0;  // along the grid axis nearest to the normal
    for (const int k : {0, 1, 2})
      if (const double along = std::abs(dot(axis_of(grid_, k), stack.normal)); along > most)
        most = along, slice = grid_.spacing[static_cast<std::size_t>(k)] * along;
    const double gap = median_gap(stack.planes);
    const double fill_mm = interpolate ? ContourGaps::largest_filled_mm(gap) : 0;
    const std::vector<Slab> slabs = slabs_of(stack.planes, slice, std::max(slice, gap) / 2, fill_mm);
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < stack.planes.size(); ++i) {
      const ContourPlane& plane = stack.planes[i];
      const auto own_bounds = [&](const PlanePolygon& polygon) {
        Bounds bounds = bounds_of(polygon, stack, slabs[i].low, frame_);
        bounds.add(bounds_of(polygon, stack, slabs[i].high, frame_));
        return bounds;
      };
      Bounds bounds;
      if (!add_contours(plane, own_bounds, bounds)) continue;
      tasks.push_back({&plane, slabs[i], bounds.voxels(grid_.size)});
    }
    return tasks;
  }

  void combine_all(PlaneStack& stack) {
    const double pixel = std::min({grid_.spacing[0], grid_.spacing[1], grid_.spacing[2]});
    for (ContourPlane& plane : stack.planes) combine(plane, std::min(0.5, pixel / 2), combined_);
  }

  // Counts contours that lie outside or reach beyond the grid; false where all of the plane's lie outside.
  template <class OwnBounds>
  bool add_contours(const ContourPlane& plane, const OwnBounds& own_bounds, Bounds& bounds) {
    bool any = false;
    for (const PlanePolygon& polygon : plane.polygons) {
      const Bounds own = own_bounds(polygon);
      if (own.outside(grid_.size)) {
        out_.contours_outside += !polygon.repeat;
        continue;
      }
      cut_ += !polygon.repeat && own.reaches_beyond(grid_.size);
      bounds.add(own);
      any = true;
    }
    return any;
  }

  // The planes of least work first, until it would take too long.
  void keep_within_budget(std::vector<Task>& tasks, const PlaneFiller& filler) {
    std::erase_if(tasks, [](const Task& task) { return task.box.empty(); });
    for (Task& task : tasks) task.work = filler.work(*task.plane, task.box);
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const Task& a, const Task& b) { return a.work < b.work; });
    std::size_t kept = 0;
    for (; kept < tasks.size() && work_ + tasks[kept].work <= most_work; ++kept) work_ += tasks[kept].work;
    for (std::size_t i = kept; i < tasks.size(); ++i) too_much_ += tasks[i].plane->polygons.size();
    tasks.resize(kept);
  }

  std::vector<char> contoured(const std::vector<Task>& tasks, int axis) const {
    const auto k = static_cast<std::size_t>(axis);
    std::vector<char> marks(static_cast<std::size_t>(grid_.size[k]));
    for (const Task& task : tasks)
      for (std::int64_t i = task.box.first[k]; i <= task.box.last[k]; ++i)
        marks[static_cast<std::size_t>(i)] = 1;
    return marks;
  }

  const Grid& grid_;
  const RasteriseOptions& options_;
  VoxelFrame frame_;
  Rasterised out_;
  Combined combined_;
  std::size_t cut_ = 0, beside_ = 0, too_much_ = 0;
  double work_ = 0;
};

}  // namespace

Rasterised rasterise(std::vector<PatientContour> contours, const Grid& grid,
                     const RasteriseOptions& options) {
  return Rasteriser(grid, options).run(std::move(contours));
}

}  // namespace anatomynet::geometry

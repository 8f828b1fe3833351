#pragma once
#include <vector>

#include "core/volume.h"
#include "geometry/contour_planes.h"
#include "geometry/edge_sweep.h"
#include "geometry/voxel_frame.h"

// Internal to the geometry module.
namespace anatomynet::geometry {

/// Voxels from first to last along each axis; empty where a last is below its first.
struct VoxelBox3 {
  Size3 first{0, 0, 0}, last{-1, -1, -1};
  bool empty() const;
};

/// Where along the normal a tilted plane is in charge: low <= t < high.
struct Slab {
  double low, high;
};

/// Fills planes of one stack row by row. A row runs along grid axis `stack.row`, on which v is constant and u
/// and t are linear; the outlines' crossings with it, sorted, bound the parts inside.
class PlaneFiller {
 public:
  PlaneFiller(const PlaneStack& stack, const VoxelFrame& frame, bool half_covered, LabelVolume& mask);

  /// The voxels of a box whose centres' t is within reach (of a plane that is not tilted: all of the box).
  void fill(const ContourPlane& plane, const Slab& slab, const VoxelBox3& box);
  /// Crossings that `fill` looks for, about; what bounds its time.
  double work(const ContourPlane& plane, const VoxelBox3& box) const;

 private:
  void take(const ContourPlane& plane);
  void fill_row(const Slab& slab, double u, double v, double t, const Size3& start, const VoxelBox3& box);
  void fill_covered(double u, double v, std::int64_t first, std::int64_t last, std::int64_t at);
  void cross(double v);
  std::int64_t index(double crossing, double u) const;

  const PlaneStack& stack_;
  const VoxelFrame& frame_;
  bool half_covered_;
  LabelVolume& mask_;
  double du_ = 1, dt_ = 0, width_ = 1;  ///< mm a voxel along the row; of a voxel along v
  std::int64_t stride_ = 1;
  EdgeSweep alone_;                             ///< polygons that belong to no group
  std::vector<std::vector<EdgeSweep>> groups_;  ///< polygons of each group
  std::vector<double> crossings_, covered_;
};

}  // namespace anatomynet::geometry

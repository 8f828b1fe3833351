#pragma once
#include <cstdint>
#include <vector>

#include "core/grid.h"

// Where voxels lie, also on slices that are not evenly spaced. Internal to the geometry module.
namespace anatomynet::geometry {

/// Voxel centres along one index axis: mm along its direction, measured as dot products with it.
class AxisSamples {
 public:
  /// `uneven`: mm of each sample above the first, ascending; empty: `spacing` apart.
  AxisSamples(double first, double spacing, std::int64_t count, const std::vector<double>* uneven);

  std::int64_t count() const { return count_; }
  /// mm of a sample; beyond the ends the outermost distance goes on.
  double at(std::int64_t i) const;
  /// The sample nearest to `mm`, of two equally near the upper one; may lie beyond the ends.
  std::int64_t nearest(double mm) const;
  /// Index of the first sample at or above `mm`, from 0 to count().
  std::int64_t first_from(double mm) const;
  /// The smaller of the distances from a sample to its neighbours.
  double distance_at(std::int64_t i) const;
  /// Fractional index.
  double index_of(double mm) const;

 private:
  double first_, spacing_;
  std::int64_t count_;
  const std::vector<double>* uneven_;
};

/// A grid whose slices (index axis 2) may be unevenly spaced.
class VoxelFrame {
 public:
  VoxelFrame(const Grid& grid, const std::vector<double>* slices_mm);

  const Grid& grid() const { return grid_; }
  bool uneven() const { return slices_mm_ != nullptr; }
  /// LPS mm of a voxel's centre.
  Vec3 to_world(const Size3& index) const;
  /// Fractional index of a point in LPS mm.
  Vec3 to_index(const Vec3& world) const;
  AxisSamples along(int axis) const;

 private:
  const Grid& grid_;
  const std::vector<double>* slices_mm_;
  Vec3 origin_index_{}, per_mm_[3]{};  ///< index = origin_index_ + sum of per_mm_[k] * world[k]
};

}  // namespace anatomynet::geometry

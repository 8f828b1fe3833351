#include "geometry/voxel_frame.h"

#include <algorithm>
#include <cmath>

#include "core/vectors.h"

namespace anatomynet::geometry {

AxisSamples::AxisSamples(double first, double spacing, std::int64_t count, const std::vector<double>* uneven)
    : first_(first), spacing_(spacing), count_(count), uneven_(uneven) {
  if (uneven_ && uneven_->size() < 2) uneven_ = nullptr;
}

double AxisSamples::at(std::int64_t i) const {
  if (!uneven_) return first_ + double(i) * spacing_;
  const std::vector<double>& mm = *uneven_;
  if (i < 0) return first_ + double(i) * (mm[1] - mm[0]);
  if (i >= count_)
    return first_ + mm.back() + double(i - count_ + 1) * (mm[mm.size() - 1] - mm[mm.size() - 2]);
  return first_ + mm[static_cast<std::size_t>(i)];
}

double AxisSamples::index_of(double mm) const {
  if (!uneven_) return (mm - first_) / spacing_;
  const std::vector<double>& all = *uneven_;
  const auto above = std::upper_bound(all.begin(), all.end(), mm - first_) - all.begin();
  const auto low = std::clamp<std::ptrdiff_t>(above - 1, 0, std::ssize(all) - 2);
  const auto i = static_cast<std::size_t>(low);
  return double(low) + (mm - first_ - all[i]) / (all[i + 1] - all[i]);
}

std::int64_t AxisSamples::nearest(double mm) const {
  return static_cast<std::int64_t>(std::floor(std::clamp(index_of(mm), -1e9, 1e9) + 0.5));
}

std::int64_t AxisSamples::first_from(double mm) const {
  return static_cast<std::int64_t>(std::clamp(std::ceil(index_of(mm)), 0.0, double(count_)));
}

double AxisSamples::distance_at(std::int64_t i) const {
  if (!uneven_) return spacing_;
  return std::min(at(i + 1) - at(i), at(i) - at(i - 1));
}

VoxelFrame::VoxelFrame(const Grid& grid, const std::vector<double>* slices_mm)
    : grid_(grid), slices_mm_(slices_mm && slices_mm->size() > 1 ? slices_mm : nullptr) {
  origin_index_ = grid.to_index({0, 0, 0});
  for (std::size_t k = 0; k < 3; ++k) {
    Vec3 one{0, 0, 0};
    one[k] = 1;
    per_mm_[k] = minus(grid.to_index(one), origin_index_);
  }
}

Vec3 VoxelFrame::to_world(const Size3& index) const {
  Vec3 at{double(index[0]), double(index[1]), double(index[2])};
  if (slices_mm_) at[2] = (*slices_mm_)[static_cast<std::size_t>(index[2])] / grid_.spacing[2];
  return grid_.to_world(at);
}

Vec3 VoxelFrame::to_index(const Vec3& world) const {
  Vec3 index = origin_index_;
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t r = 0; r < 3; ++r) index[r] += per_mm_[k][r] * world[k];
  if (slices_mm_)
    index[2] =
        AxisSamples(0, grid_.spacing[2], grid_.size[2], slices_mm_).index_of(index[2] * grid_.spacing[2]);
  return index;
}

AxisSamples VoxelFrame::along(int axis) const {
  const auto k = static_cast<std::size_t>(axis);
  const Vec3 along = axis_of(grid_, axis);
  // A grid's axes are unit vectors within 1e-3 only.
  return {dot(grid_.origin, along), grid_.spacing[k] * dot(along, along), grid_.size[k],
          axis == 2 ? slices_mm_ : nullptr};
}

}  // namespace anatomynet::geometry

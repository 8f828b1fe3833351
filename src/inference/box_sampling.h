#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/argmax.h"
#include "core/uneven_slices.h"
#include "core/volume.h"

namespace anatomynet::inference {

/// mm of a place from the first voxel along index axis k of the grid. `uneven`: where the voxels lie along
/// one of the axes.
double mm_along(const Grid& grid, const AxisPositions* uneven, std::size_t k, double index);

/// The voxels of a CT along one axis whose centres lie in a box, and where they lie among the box's samples.
struct BoxSpan {
  std::int64_t first = 0;  ///< the first of the CT's voxels
  std::vector<LinearTap> taps;

  std::int64_t size() const { return std::ssize(taps); }
};

/// The box has `samples` (2 or more), the first at `from_mm` from the CT's first voxel, `spacing` mm apart.
BoxSpan box_span(const Grid& ct, const AxisPositions* uneven, std::size_t k, double from_mm, double spacing,
                 std::int64_t samples);

/// The box's values at the CT's voxels, linear, x fastest.
std::vector<float> on_voxels(const std::vector<float>& values, const Size3& size,
                             const std::array<BoxSpan, 3>& spans);

}  // namespace anatomynet::inference

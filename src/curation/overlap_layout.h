#pragma once
#include <cstddef>
#include <cstdint>

/// How ScanDescriptor::values is laid out: the number of slices, then for each slice of the scan, feet to
/// head, the voxels of a window about the bone of the whole scan, x fastest: HU within soft tissue and bone,
/// smoothed, without the mean of their surroundings in the same slice, so that neither a shift of HU nor
/// slices cut off change them.
namespace anatomynet::curation::scan_layout {

inline constexpr double voxel_mm = 6;
inline constexpr std::int64_t width = 32, height = 36;  ///< voxels of the window, to the left and to the back
inline constexpr std::size_t header = 1, slice_voxels = std::size_t(width * height);
inline constexpr float outside = -10000;  ///< a voxel of the window that the scan does not reach

}  // namespace anatomynet::curation::scan_layout

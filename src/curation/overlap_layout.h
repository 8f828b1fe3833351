#pragma once
#include <cstddef>
#include <cstdint>

/// How ScanDescriptor::values is laid out: the number of slices; then for each slice of the scan at 8 mm,
/// feet to head: bone weight, its centroid x and y (voxels of the window), and the window's voxels (HU
/// without their local mean, in steps of 4), x fastest. The window is centred on the bone of the whole scan.
namespace anatomynet::scan_layout {

inline constexpr double voxel_mm = 8;
inline constexpr std::int64_t width = 24, height = 28;  ///< voxels of the window, to the left and to the back
inline constexpr std::size_t header = 1, slice_head = 3, slice_voxels = std::size_t(width * height);
inline constexpr float outside = -1000;  ///< a voxel of the window that the scan does not reach

}  // namespace anatomynet::scan_layout

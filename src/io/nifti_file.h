#pragma once
#include <filesystem>
#include <string>

#include "core/grid.h"

// NIfTI-1 where ITK falls short: its reader passes truncated files and turns NaN into 0, its writer overlooks
// a full disk. Internal to the io room.
namespace anatomynet::nifti {

/// Throws Error(input) unless the file is a whole NIfTI-1 file (every byte its header promises is there, and
/// gzip's checksum holds) of finite numbers, in mm, with a qform or an sform code and without shear. Returns
/// a warning where qform and sform disagree (the sform is taken), else an empty text.
std::string check_file(const std::filesystem::path& path);

enum class VoxelType { uint8, int16 };

/// The header (352 bytes, what lies before the voxels) of a NIfTI-1 file whose qform and sform (code 1,
/// scanner) both say `grid`, in RAS; voxels follow in the machine's own byte order. Throws Error(output)
/// where a size does not fit.
std::string header(const Grid& grid, VoxelType type, const std::filesystem::path& path);

}  // namespace anatomynet::nifti

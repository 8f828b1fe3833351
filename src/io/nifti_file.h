#pragma once
#include <filesystem>
#include <span>
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

/// A NIfTI-1 file whose qform and sform (code 1, scanner) both say `grid`, in RAS; `voxels` in the machine's
/// own byte order.
std::string encode(const Grid& grid, VoxelType type, std::span<const char> voxels,
                   const std::filesystem::path& path);

/// The bytes as one gzip member.
std::string gzip(const std::string& bytes);

}  // namespace anatomynet::nifti

#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/warning.h"

// The fields of a NIfTI header that matter here (nifti1.h, nifti2.h of the NIfTI Data Format Working Group).
// World is RAS+ mm. Internal to the io module.
namespace anatomynet::io::nifti {

struct Fields {
  int version = 1;
  bool pair = false;  ///< voxels in a file of their own (magic ni1, ni2)
  bool swapped = false;
  std::vector<std::int64_t> sizes;
  int datatype = 0, bits = 0;
  std::array<double, 8> pixdim{};  ///< [0] is the handedness of the qform
  double offset = 0;               ///< vox_offset
  double slope = 0, intercept = 0;
  int units = 0;  ///< xyzt_units
  int qform_code = 0, sform_code = 0;
  Vec3 quaternion{};  ///< b, c, d
  Vec3 qoffset{};
  Mat3 srow{};  ///< first three columns of the sform
  Vec3 soffset{};
};

inline constexpr std::size_t first_header_bytes = 348, second_header_bytes = 540;

/// `bytes` are the file's first 540, or all of a shorter one. Throws Error(input) for what is no NIfTI.
Fields parse_header(const std::filesystem::path& path, std::span<const char> bytes);

/// The rotation of a quaternion whose a is not negative (nifti1.h, method 2), after its own rule for
/// rotations by almost half a turn, where a is lost in rounding. Columns are the grid's axes.
Mat3 rotation_of(const Vec3& bcd);
/// The same without that rule, as simple readers have it.
Mat3 plain_rotation_of(const Vec3& bcd);

/// The affine that the header states, as a grid in LPS: the sform where sform_code is set, else the qform.
/// Warns where both are set and lie apart, or where pixdim says another voxel size than the sform. Throws
/// Error(input) where neither is set, or the one to take is unusable.
Grid grid_of(const std::filesystem::path& path, const Fields& fields, const Size3& size,
             std::vector<Warning>& warnings);

enum class VoxelType { uint8, int16 };

/// The header (352 bytes, what lies before the voxels) of a NIfTI-1 file whose sform (code 1, scanner) says
/// `grid`, in RAS, and whose qform says the same; where a quaternion of floats cannot (rotations by almost
/// half a turn, axes out of square) qform_code is 0. Voxels follow in the machine's own byte order. Throws
/// Error(output) where a size does not fit.
std::string header(const Grid& grid, VoxelType type, const std::filesystem::path& path);

}  // namespace anatomynet::io::nifti

#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/grid.h"
#include "core/input_file.h"
#include "core/warning.h"

// What the header of an image file says, whatever its format. Internal to the io module.
namespace anatomynet::io {

enum class VoxelType { int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64 };

std::uint64_t bytes_of(VoxelType type);

/// use(T{}) with the C++ type.
template <class Use>
auto with_type(VoxelType type, Use use) {
  switch (type) {
    case VoxelType::int8:
      return use(std::int8_t{});
    case VoxelType::uint8:
      return use(std::uint8_t{});
    case VoxelType::int16:
      return use(std::int16_t{});
    case VoxelType::uint16:
      return use(std::uint16_t{});
    case VoxelType::int32:
      return use(std::int32_t{});
    case VoxelType::uint32:
      return use(std::uint32_t{});
    case VoxelType::int64:
      return use(std::int64_t{});
    case VoxelType::uint64:
      return use(std::uint64_t{});
    case VoxelType::float32:
      return use(float{});
    case VoxelType::float64:
      break;
  }
  return use(double{});
}

/// How voxels lie in the file.
enum class Packing {
  raw,
  gzip,  ///< RFC 1952, one member or several
  zlib,  ///< RFC 1950
  text,  ///< decimal numbers between white space
  hex,   ///< two digits a byte
};

/// One 3D scalar volume: where it lies in the patient, and where and how its voxels lie in which file.
struct Header {
  Grid grid;
  VoxelType type = VoxelType::int16;
  bool swapped = false;             ///< in the other byte order than this machine's
  double slope = 1, intercept = 0;  ///< value = slope * stored + intercept
  bool scaled() const { return slope != 1 || intercept != 0; }

  std::filesystem::path data_file;
  Packing packing = Packing::raw;
  std::uint64_t offset = 0;  ///< bytes of data_file before the (packed) voxels
  std::uint64_t skip = 0;    ///< bytes of the unpacked stream before the first voxel

  std::vector<Warning> warnings;  ///< without the file's name
};

/// Of the first file, which names the second where voxels lie apart. Throw Error(input).
Header read_nifti_header(const std::filesystem::path& path);
Header read_nrrd_header(const std::filesystem::path& path);
Header read_meta_header(const std::filesystem::path& path);

/// Sizes that are positive and together no more voxels than 64 bits of bytes can count. Throws Error(input)
/// where they are not, or where the image is no 3D volume: "a 2D image (12 x 10); expected a 3D volume".
/// `sizes` are those of all axes in the file's order, x first; those beyond the third must be 1.
Size3 volume_size(const std::filesystem::path& path, const std::vector<std::int64_t>& sizes);

/// The file that a header names, beside it or below its folder. Throws Error(input) for a name that leads
/// elsewhere.
std::filesystem::path beside(const std::filesystem::path& header, const std::string& name);

/// The voxels' file, which may be the header's own. Errors name the header too.
InputFile open_data(const std::filesystem::path& path, const Header& header);

/// An affine matrix as a grid: column k of `axes` is the step in LPS mm along index axis k, `origin` the
/// centre of the first voxel. Axes that are out of square by at most 0.01 (0.6 degrees), where no voxel moves
/// by more than 0.5 mm, are squared about the volume's centre, with a warning from 0.01 mm on; others are
/// Error(input), as are empty and not finite ones. `what` names the matrix in messages.
Grid grid_of_affine(const std::filesystem::path& path, const std::string& what, const Mat3& axes,
                    const Vec3& origin, const Size3& size, std::vector<Warning>& warnings);

/// The farthest that a corner of the volume lies apart under two affine matrices, in mm.
double corner_distance(const Mat3& axes, const Vec3& origin, const Mat3& other_axes, const Vec3& other_origin,
                       const Size3& size);

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason);

}  // namespace anatomynet::io

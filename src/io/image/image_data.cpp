#include "io/image/internal/image_data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/vectors.h"

namespace anatomynet::io {
namespace fs = std::filesystem;
namespace {

Vec3 column(const Mat3& m, std::size_t k) { return {m[0][k], m[1][k], m[2][k]}; }

Vec3 centre_of(const Mat3& axes, const Vec3& origin, const Size3& size) {
  Vec3 p = origin;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t k = 0; k < 3; ++k) p[r] += axes[r][k] * double(size[k] - 1) / 2;
  return p;
}

Mat3 steps_of(const Grid& grid) {
  Mat3 axes;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t k = 0; k < 3; ++k) axes[r][k] = grid.direction[r][k] * grid.spacing[k];
  return axes;
}

// The nearest orthonormal matrix: Newton's iteration for the polar factor, M <- (M + M^-T) / 2, whose inverse
// transpose is the matrix of cofactors over the determinant.
Mat3 nearest_orthonormal(Mat3 m) {
  for (int round = 0; round < 20; ++round) {
    Mat3 cofactors;
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
        cofactors[r][c] = m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
      }
    const double det = m[0][0] * cofactors[0][0] + m[0][1] * cofactors[0][1] + m[0][2] * cofactors[0][2];
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c) m[r][c] = (m[r][c] + cofactors[r][c] / det) / 2;
  }
  return m;
}

}  // namespace

void fail(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::input, path.string() + ": " + reason);
}

std::uint64_t bytes_of(VoxelType type) {
  switch (type) {
    case VoxelType::int8:
    case VoxelType::uint8:
      return 1;
    case VoxelType::int16:
    case VoxelType::uint16:
      return 2;
    case VoxelType::int32:
    case VoxelType::uint32:
    case VoxelType::float32:
      return 4;
    case VoxelType::int64:
    case VoxelType::uint64:
    case VoxelType::float64:
      break;
  }
  return 8;
}

Size3 volume_size(const fs::path& path, const std::vector<std::int64_t>& sizes) {
  std::string shape;
  std::uint64_t bytes = 8;  // of the widest type
  bool volume = sizes.size() >= 3 && sizes[2] > 1;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    shape += (k ? " x " : "") + std::to_string(sizes[k]);
    if (sizes[k] < 1)
      fail(path, "size " + std::to_string(sizes[k]) + " along axis " + std::to_string(k + 1) +
                     ", expected at least 1");
  }
  for (const std::int64_t size : sizes)
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes) || bytes >> 62 != 0)
      fail(path, "truncated or damaged: the header promises " + shape + " voxels");
  for (std::size_t k = 3; k < sizes.size(); ++k) volume = volume && sizes[k] == 1;
  if (!volume) {
    const bool flat = sizes.size() < 3 || (sizes.size() == 3 && sizes[2] == 1);
    fail(path, "a " + (flat ? std::string("2") : std::to_string(sizes.size())) + "D image (" + shape +
                   "); expected a 3D volume");
  }
  return {sizes[0], sizes[1], sizes[2]};
}

fs::path beside(const fs::path& header, const std::string& name) {
  const fs::path data(name);
  bool leads_out = name.empty() || data.is_absolute() || name.find('\0') != std::string::npos;
  for (const fs::path& part : data) leads_out = leads_out || part == "..";
  if (leads_out)
    fail(header,
         "the voxels' file '" + name + "' does not lie in the header's folder; expected a name within it");
  return header.parent_path() / data;
}

InputFile open_data(const fs::path& path, const Header& header) {
  try {
    return InputFile(header.data_file);
  } catch (const Error& error) {
    if (header.data_file == path) throw;
    throw error.within(path.string() + ": its voxels");
  }
}

double corner_distance(const Mat3& axes, const Vec3& origin, const Mat3& other_axes, const Vec3& other_origin,
                       const Size3& size) {
  double farthest = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    Vec3 d;
    for (std::size_t r = 0; r < 3; ++r) {
      d[r] = origin[r] - other_origin[r];
      for (std::size_t k = 0; k < 3; ++k)
        if (corner >> k & 1) d[r] += (axes[r][k] - other_axes[r][k]) * double(size[k] - 1);
    }
    farthest = std::max(farthest, std::sqrt(dot(d, d)));
  }
  return farthest;
}

Grid grid_of_affine(const fs::path& path, const std::string& what, const Mat3& axes, const Vec3& origin,
                    const Size3& size, std::vector<Warning>& warnings) {
  constexpr double exact = 1e-5, largest_shear = 1e-2, farthest_mm = 0.5, said_mm = 0.01;
  Grid grid;
  grid.size = size;
  grid.origin = origin;
  for (std::size_t k = 0; k < 3; ++k) {
    const Vec3 step = column(axes, k);
    grid.spacing[k] = std::sqrt(dot(step, step));
    if (!(grid.spacing[k] > 0 && std::isfinite(grid.spacing[k])))
      fail(path, what + " is empty or not finite along axis " + std::to_string(k + 1));
    if (!std::isfinite(origin[k])) fail(path, what + ": the origin is not finite");
    for (std::size_t r = 0; r < 3; ++r) grid.direction[r][k] = step[r] / grid.spacing[k];
  }
  double shear = 0;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < a; ++b)
      shear = std::max(shear, std::abs(dot(column(grid.direction, a), column(grid.direction, b))));
  if (shear <= exact) return grid;
  double moved = 0;
  if (shear <= largest_shear) {
    const Vec3 centre = centre_of(axes, origin, size);
    grid.direction = nearest_orthonormal(grid.direction);
    const Vec3 squared_centre = centre_of(steps_of(grid), origin, size);
    for (std::size_t r = 0; r < 3; ++r) grid.origin[r] += centre[r] - squared_centre[r];
    moved = corner_distance(axes, origin, steps_of(grid), grid.origin, size);
  }
  char text[160];
  if (!(shear <= largest_shear && moved <= farthest_mm)) {
    std::snprintf(text, sizeof text, " is sheared: its axes are out of square by %.2g degrees",
                  std::asin(std::min(shear, 1.0)) * 57.29577951308232);
    fail(path, what + text + "; resample the image to perpendicular axes first");
  }
  if (moved >= said_mm) {
    std::snprintf(text, sizeof text, " is slightly sheared; squaring its axes moved voxels by up to %.2g mm",
                  moved);
    warnings.push_back({"sheared-axes", what + text});
  }
  return grid;
}

}  // namespace anatomynet::io

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/error.h"
#include "io/image/internal/image_data.h"
#include "io/image/internal/nifti_header.h"

namespace anatomynet::io::nifti {
namespace {

// The rotation with columns `m` as NIfTI's quaternion (b, c, d), whose a is not negative.
Vec3 quaternion_of(const Mat3& m) {
  // the four candidates 4a^2, 4b^2, 4c^2, 4d^2: the largest is safe to divide by
  const std::array<double, 4> squares{1 + m[0][0] + m[1][1] + m[2][2], 1 + m[0][0] - m[1][1] - m[2][2],
                                      1 - m[0][0] + m[1][1] - m[2][2], 1 - m[0][0] - m[1][1] + m[2][2]};
  const auto largest = std::max_element(squares.begin(), squares.end()) - squares.begin();
  const double root = std::sqrt(squares[static_cast<std::size_t>(largest)]) / 2;
  const double x = m[2][1] - m[1][2], y = m[0][2] - m[2][0], z = m[1][0] - m[0][1];
  const double xy = m[0][1] + m[1][0], xz = m[0][2] + m[2][0], yz = m[1][2] + m[2][1];
  const double f = 1 / (4 * root);
  std::array<double, 4> q{root, x * f, y * f, z * f};
  if (largest == 1) q = {x * f, root, xy * f, xz * f};
  if (largest == 2) q = {y * f, xy * f, root, yz * f};
  if (largest == 3) q = {z * f, xz * f, yz * f, root};
  const double sign = q[0] < 0 ? -1 : 1;
  return {sign * q[1], sign * q[2], sign * q[3]};
}

// As floats. Where a is 0 (half a turn) their squares shall not add up to less than 1, or readers would make
// a turn of their difference: 1e-7 is 0.02 degrees.
std::array<float, 3> stored(const Vec3& bcd) {
  std::array<float, 3> f;
  for (std::size_t k = 0; k < 3; ++k) f[k] = static_cast<float>(bcd[k]);
  const auto rest = [&] {
    double a = 1;
    for (const float v : f) a -= double(v) * double(v);
    return a;
  };
  constexpr double half_turn = 1e-14;  // of a squared, as doubles give it
  double exact = 1;
  for (const double v : bcd) exact -= v * v;
  if (std::abs(exact) > half_turn) return f;
  float& largest =
      *std::max_element(f.begin(), f.end(), [](float x, float y) { return std::abs(x) < std::abs(y); });
  while (rest() > 0) largest = std::nextafter(largest, 2 * largest);
  return f;
}

double determinant(const Mat3& m) {
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

template <class T>
void put(std::string& header, std::size_t offset, T value) {
  std::memcpy(header.data() + offset, &value, sizeof value);
}

// How far the qform that readers will see lies from the sform, at the farthest corner.
double qform_error_mm(const std::string& header, const Grid& grid) {
  const auto at = [&](std::size_t offset) {
    float value = 0;
    std::memcpy(&value, header.data() + offset, sizeof value);
    return static_cast<double>(value);
  };
  const Vec3 bcd{at(256), at(260), at(264)}, origin{at(268), at(272), at(276)};
  double farthest = 0;
  for (Mat3 q : {rotation_of(bcd), plain_rotation_of(bcd)}) {
    Mat3 s;
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t k = 0; k < 3; ++k) {
        q[r][k] *= at(80 + 4 * k) * (k == 2 ? at(76) : 1);
        s[r][k] = at(280 + 16 * r + 4 * k);
      }
    farthest = std::max(farthest, corner_distance(q, origin, s, {at(292), at(308), at(324)}, grid.size));
  }
  return farthest;
}

}  // namespace

std::string header(const Grid& grid, VoxelType type, const std::filesystem::path& path) {
  std::string out(352, '\0');
  put<std::int32_t>(out, 0, 348);
  put<std::int16_t>(out, 40, 3);
  for (std::size_t k = 0; k < 7; ++k) {
    const std::int64_t size = k < 3 ? grid.size[k] : 1;
    if (size > 32767)
      throw Error(ErrorKind::output,
                  path.string() + ": " + describe(grid) + " does not fit NIfTI-1; write .nrrd");
    put<std::int16_t>(out, 42 + 2 * k, static_cast<std::int16_t>(size));
  }
  const bool bytes = type == VoxelType::uint8;
  put<std::int16_t>(out, 70, bytes ? 2 : 4);   // datatype
  put<std::int16_t>(out, 72, bytes ? 8 : 16);  // bitpix
  put<float>(out, 108, 352);                   // vox_offset
  put<float>(out, 112, 1);                     // scl_slope
  out[123] = 2;                                // xyzt_units: mm
  put<std::int16_t>(out, 252, 1);              // qform_code: scanner
  put<std::int16_t>(out, 254, 1);              // sform_code
  Mat3 rotation;
  for (std::size_t r = 0; r < 3; ++r) {
    const double sign = r < 2 ? -1 : 1;  // LPS to RAS
    for (std::size_t k = 0; k < 3; ++k) {
      rotation[r][k] = sign * grid.direction[r][k];
      put(out, 280 + 16 * r + 4 * k, static_cast<float>(rotation[r][k] * grid.spacing[k]));
    }
    put(out, 292 + 16 * r, static_cast<float>(sign * grid.origin[r]));
    put(out, 268 + 4 * r, static_cast<float>(sign * grid.origin[r]));
    put(out, 80 + 4 * r, static_cast<float>(grid.spacing[r]));
  }
  const double handedness = determinant(rotation) < 0 ? -1 : 1;
  put(out, 76,
      static_cast<float>(handedness));  // pixdim[0]: a left-handed grid is a rotation with z reversed
  for (std::size_t r = 0; r < 3; ++r) rotation[r][2] *= handedness;
  const std::array<float, 3> bcd = stored(quaternion_of(rotation));
  for (std::size_t k = 0; k < 3; ++k) put(out, 256 + 4 * k, bcd[k]);
  if (!(qform_error_mm(out, grid) <= 0.01)) put<std::int16_t>(out, 252, 0);
  std::memcpy(out.data() + 344, "n+1", 4);
  return out;
}

}  // namespace anatomynet::io::nifti

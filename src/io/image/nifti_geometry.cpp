#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/vectors.h"
#include "io/image/internal/image_data.h"
#include "io/image/internal/nifti_header.h"

namespace anatomynet::io::nifti {
namespace {
namespace fs = std::filesystem;

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

template <class Values>
bool finite(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// RAS to LPS.
void turn(Mat3& axes, Vec3& origin) {
  for (std::size_t r = 0; r < 2; ++r) {
    origin[r] = -origin[r];
    for (double& v : axes[r]) v = -v;
  }
}

struct Affine {
  Mat3 axes{};
  Vec3 origin{};
};

// Empty where the header holds no usable qform; `why` says what is wrong with it.
bool qform_of(const Fields& f, Affine& affine, std::string& why) {
  if (!finite(f.quaternion) || !finite(f.qoffset) || !finite(f.pixdim))
    why = "the qform or pixdim is not finite";
  else if (!(f.pixdim[1] > 0 && f.pixdim[2] > 0 && f.pixdim[3] > 0))
    why = "pixdim is not positive, so the qform has no voxel size";
  else if (const Vec3& q = f.quaternion; dot(q, q) > 1.001)
    why = "the qform's quaternion is no rotation";
  if (!why.empty()) return false;
  affine = {rotation_of(f.quaternion), f.qoffset};
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t k = 0; k < 3; ++k)
      affine.axes[r][k] *= f.pixdim[k + 1] * (k == 2 && f.pixdim[0] < 0 ? -1 : 1);
  turn(affine.axes, affine.origin);
  return true;
}

// pixdim is the rounder number where both say the same to a float's precision.
void take_pixdim(const Fields& f, Grid& grid, std::vector<Warning>& warnings) {
  constexpr double same = 1e-5, said_mm = 0.05;
  std::string other;
  for (std::size_t k = 0; k < 3; ++k) {
    const double p = f.pixdim[k + 1], s = grid.spacing[k];
    if (std::abs(p - s) <= same * s)
      grid.spacing[k] = p;
    else if (!(std::abs(p - s) * double(grid.size[k]) < said_mm))
      other += (other.empty() ? "" : ", ") + number("%.6g", p) + " instead of " + number("%.6g mm", s);
  }
  if (!other.empty())
    warnings.push_back({"voxel-size-differs", "pixdim says voxels of " + other + "; the sform was taken"});
}

}  // namespace

Mat3 plain_rotation_of(const Vec3& bcd) {
  const auto [b, c, d] = bcd;
  const double a = std::sqrt(std::max(0.0, 1 - (b * b + c * c + d * d)));
  return {{{a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
           {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
           {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c}}};
}

Mat3 rotation_of(const Vec3& bcd) {
  const double squares = dot(bcd, bcd);
  if (1 - squares >= 1e-7) return plain_rotation_of(bcd);
  // as nifti_quatern_to_mat44 has it: half a turn; no number so little below 1 that an a comes of its
  // rounding
  const double length = std::nextafter(std::sqrt(squares), 0.0);
  return plain_rotation_of({bcd[0] / length, bcd[1] / length, bcd[2] / length});
}

Grid grid_of(const fs::path& path, const Fields& f, const Size3& size, std::vector<Warning>& warnings) {
  constexpr double said_mm = 0.05;
  if (f.qform_code <= 0 && f.sform_code <= 0)
    fail(path,
         "neither qform_code nor sform_code is set, so left and right are unknown; convert the CT again "
         "from DICOM");
  if (const int units = f.units & 7; units == 1 || units == 3)
    fail(path, std::string("xyzt_units is ") + (units == 1 ? "metres" : "micrometres") + ", expected mm");
  Affine q;
  std::string why;
  const bool usable = f.qform_code > 0 && qform_of(f, q, why);
  if (f.sform_code <= 0) {
    if (!usable) fail(path, why);
    return grid_of_affine(path, "the qform", q.axes, q.origin, size, warnings);
  }
  Affine s{f.srow, f.soffset};
  turn(s.axes, s.origin);
  Grid grid = grid_of_affine(path, "the sform", s.axes, s.origin, size, warnings);
  if (f.qform_code > 0 && !usable) warnings.push_back({"unusable-qform", why + "; the sform was taken"});
  take_pixdim(f, grid, warnings);
  if (usable)
    if (const double apart = corner_distance(s.axes, s.origin, q.axes, q.origin, size); apart > said_mm)
      warnings.push_back({"orientation-differs", "qform and sform differ by up to " +
                                                     number(apart < 1 ? "%.2g" : "%.0f", apart) +
                                                     " mm; the sform was taken"});
  return grid;
}

}  // namespace anatomynet::io::nifti

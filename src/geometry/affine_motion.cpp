#include "geometry/affine_motion.h"

#include <cmath>

#include "core/vectors.h"

namespace anatomynet::geometry {
namespace {

// Columns: along the segment, up across it, and sideways.
Mat3 frame_of(const UprightSegment& segment) {
  const Vec3 along = unit(minus(segment.ends[1], segment.ends[0]));
  const Vec3 up = unit(minus(segment.up, scaled(along, dot(segment.up, along))));
  const Vec3 sideways = cross(along, up);
  Mat3 frame{};
  for (std::size_t row = 0; row < 3; ++row) frame[row] = {along[row], up[row], sideways[row]};
  return frame;
}

double length_of(const UprightSegment& segment) {
  const Vec3 way = minus(segment.ends[1], segment.ends[0]);
  return std::sqrt(dot(way, way));
}

Vec3 times(const Mat3& m, const Vec3& v) { return {dot(m[0], v), dot(m[1], v), dot(m[2], v)}; }

}  // namespace

Vec3 AffineMotion::operator()(const Vec3& point) const {
  const Vec3 turned = times(matrix, point);
  return {turned[0] + shift[0], turned[1] + shift[1], turned[2] + shift[2]};
}

AffineMotion inverse(const AffineMotion& motion) {
  const Mat3& m = motion.matrix;
  const std::array<Vec3, 3> columns{cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])};
  const double determinant = dot(m[0], columns[0]);
  AffineMotion back;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t k = 0; k < 3; ++k) back.matrix[row][k] = columns[k][row] / determinant;
  back.shift = scaled(times(back.matrix, motion.shift), -1);
  return back;
}

AffineMotion stretched_onto(const UprightSegment& from, const UprightSegment& to) {
  const Mat3 a = frame_of(from), b = frame_of(to);
  const Vec3 stretch{length_of(to) / length_of(from), 1, 1};
  AffineMotion motion;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) {
      motion.matrix[row][column] = 0;
      for (std::size_t k = 0; k < 3; ++k) motion.matrix[row][column] += b[row][k] * stretch[k] * a[column][k];
    }
  motion.shift = minus(to.ends[0], times(motion.matrix, from.ends[0]));
  return motion;
}

}  // namespace anatomynet::geometry

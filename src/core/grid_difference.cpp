#include "core/grid_difference.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace anatomynet::core {
namespace {

std::string sizes(const Grid& g) {
  return std::to_string(g.size[0]) + " x " + std::to_string(g.size[1]) + " x " + std::to_string(g.size[2]);
}

}  // namespace

std::string grid_difference(const Grid& a, const Grid& b) {
  if (a.size != b.size) return "they have " + sizes(a) + " and " + sizes(b) + " voxels";
  double farthest = 0;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index{};
    for (int k = 0; k < 3; ++k) index[k] = (corner >> k & 1) ? double(a.size[k] - 1) : 0.0;
    const Vec3 p = a.to_world(index), q = b.to_world(index);
    farthest = std::max(farthest, std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
  }
  char text[80];
  std::snprintf(text, sizeof text, "they differ by up to %.2g mm at the corners", farthest);
  return text;
}

}  // namespace anatomynet::core

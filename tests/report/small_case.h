#pragma once
#include <cmath>

#include "core/organs.h"
#include "core/resample.h"

namespace anatomynet::test {

inline const OrganTable two_organs = {{4, "Left_Front_Top", "", "", "", Laterality::left, {255, 0, 0}},
                                      {9, "Middle", "", "", "", Laterality::none, {0, 0, 255}}};

inline Grid lps_grid() {
  Grid grid;
  grid.size = {40, 50, 20};
  grid.spacing = {2, 2, 5};
  grid.origin = {-40, -50, 100};
  return grid;
}

struct Case {
  CtVolume ct;
  LabelVolume labels;
};

inline void paint_ball(Case& c, Vec3 centre, double radius, std::int16_t hu, std::uint8_t id) {
  const Grid& g = c.ct.grid;
  for (std::int64_t z = 0; z < g.size[2]; ++z)
    for (std::int64_t y = 0; y < g.size[1]; ++y)
      for (std::int64_t x = 0; x < g.size[0]; ++x) {
        const Vec3 p = g.to_world({double(x), double(y), double(z)});
        if (std::hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]) > radius) continue;
        c.ct.at(x, y, z) = hu;
        c.labels.at(x, y, z) = id;
      }
}

// A body with a dense ball at its left, front and top, and another in its middle.
inline Case lopsided() {
  Case c{CtVolume(lps_grid(), -1000), LabelVolume(lps_grid())};
  paint_ball(c, {0, 0, 150}, 36, 0, 0);
  paint_ball(c, {18, -18, 170}, 8, 900, 4);
  paint_ball(c, {0, 0, 150}, 10, 60, 9);
  return c;
}

// The same voxels stored along other axes: the inverse of what reorient undoes.
inline Case stored_as(const Case& c, const Orientation& o) {
  Grid g;
  Vec3 first{};
  for (int k = 0; k < 3; ++k) {
    const int a = o.axis[k];
    g.size[a] = c.ct.grid.size[k];
    g.spacing[a] = c.ct.grid.spacing[k];
    for (int r = 0; r < 3; ++r) g.direction[r][a] = (o.flipped[k] ? -1 : 1) * c.ct.grid.direction[r][k];
    first[k] = o.flipped[k] ? double(c.ct.grid.size[k] - 1) : 0;
  }
  g.origin = c.ct.grid.to_world(first);
  return {reorient_back(c.ct, g, o), reorient_back(c.labels, g, o)};
}

}  // namespace anatomynet::test

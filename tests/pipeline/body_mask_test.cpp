#include "pipeline/body_mask.h"

#include <cmath>

#include <gtest/gtest.h>

namespace {

using namespace anatomynet;

// A cylinder of tissue of 40 mm radius along z with a hole of air of 8 mm, over a couch: a plate of 5 mm, 12
// mm below it, and a mask of 3 mm that touches the cylinder.
CtVolume scan(const Grid& grid) {
  CtVolume ct(grid, -1000);
  for (std::int64_t z = 0; z < grid.size[2]; ++z)
    for (std::int64_t y = 0; y < grid.size[1]; ++y)
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const Vec3 p = grid.to_world({double(x), double(y), double(z)});
        const double r = std::hypot(p[0], p[1]), hole = std::hypot(p[0], p[1] + 15);
        const bool couch = p[1] > 52 && p[1] < 57, mask = std::abs(p[0]) < 1.5 && p[1] < -39;
        if ((r < 40 && hole > 8) || couch || mask) ct.at(x, y, z) = 30;
      }
  return ct;
}

TEST(BodyMask, IsThePatientWithItsAirAndWithoutCouch) {
  for (const bool sagittal : {false, true}) {
    Grid grid{{62, 62, 12}, {2, 2, 3}, {-61, -61, 0}, {}};
    grid.direction = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    if (sagittal) {  // the same patient, index axes in the order y, z, x
      grid = {{62, 12, 62}, {2, 3, 2}, {-61, -61, 0}, {}};
      grid.direction = {{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
    }
    const LabelVolume body = pipeline::body_mask(scan(grid));
    std::int64_t wrong = 0, inside = 0;
    for (std::int64_t z = 0; z < grid.size[2]; ++z)
      for (std::int64_t y = 0; y < grid.size[1]; ++y)
        for (std::int64_t x = 0; x < grid.size[0]; ++x) {
          const Vec3 p = grid.to_world({double(x), double(y), double(z)});
          const bool is = std::hypot(p[0], p[1]) < 40;
          inside += is;
          // The mask stays within 4 mm of the skin, and half a voxel.
          if (std::abs(p[0]) < 1.5 && p[1] < -39 && p[1] > -47) continue;
          wrong += (body.at(x, y, z) != 0) != is;
        }
    EXPECT_GT(inside, 10000);
    EXPECT_EQ(wrong, 0) << sagittal;
  }
}

TEST(BodyMask, OfAirIsEmpty) {
  const Grid grid{{9, 9, 9}, {2, 2, 2}, {0, 0, 0}, {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}};
  const LabelVolume body = pipeline::body_mask(CtVolume(grid, -1000));
  for (const std::uint8_t v : body.voxels) ASSERT_EQ(v, 0);
}

}  // namespace

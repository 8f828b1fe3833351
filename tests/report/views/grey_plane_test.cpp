#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "report/views/plane_view.h"

namespace anatomynet::report {
namespace {

// Of the four voxels around a place in mm along a plane's axes; nothing outside the volume.
std::optional<double> hu_at(const CtVolume& ct, const Plane& plane, std::int64_t index, double across_mm,
                            double down_mm) {
  const Grid& g = ct.grid;
  const double at[2] = {across_mm / g.spacing[plane.across], down_mm / g.spacing[plane.down]};
  const double last[2] = {double(g.size[plane.across] - 1), double(g.size[plane.down] - 1)};
  double hu = 0;
  for (int corner = 0; corner < 4; ++corner) {
    double weight = 1;
    Size3 voxel{};
    voxel[plane.normal] = index;
    for (int k = 0; k < 2; ++k) {
      if (at[k] < -0.5 || at[k] > last[k] + 0.5) return {};
      const double inside = std::clamp(at[k], 0.0, last[k]), whole = std::floor(inside);
      const bool next = (corner >> k & 1) != 0;
      weight *= next ? inside - whole : 1 - (inside - whole);
      voxel[k == 0 ? plane.across : plane.down] = std::llround(std::min(whole + next, last[k]));
    }
    hu += weight * ct.at(voxel[0], voxel[1], voxel[2]);
  }
  return hu;
}

TEST(GreyPlane, IsInterpolatedBetweenVoxels) {
  std::mt19937 random(3);
  CtVolume ct(Grid{.size = {13, 9, 6}, .spacing = {1.1, 0.8, 2.5}});
  for (std::int16_t& hu : ct.voxels) hu = static_cast<std::int16_t>(static_cast<int>(random() % 900) - 400);
  const LabelVolume labels(ct.grid);
  const OrganTable organs;
  const Study study{ct, labels, organs, {40, 350}};
  for (const Plane* plane : {&axial, &coronal, &sagittal})
    for (const int width : {5, 40, 97})  // voxels joined, and each shown many times
      for (const Frame& frame : {Frame{{-4, -3}, {15.5, 9}}, Frame{{2, 1.5}, {5.1, 4}}}) {
        const int height = width * 3 / 4;
        const std::int64_t index = ct.grid.size[plane->normal] / 2;
        const auto greys = grey_plane(study, *plane, index, frame, width, height);
        ASSERT_EQ(std::ssize(greys), width * height);
        for (int j = 0; j < height; ++j)
          for (int i = 0; i < width; ++i) {
            const double row = plane->head_up ? height - j - 0.5 : j + 0.5;
            const auto hu =
                hu_at(ct, *plane, index, frame.low[0] + (i + 0.5) / width * (frame.high[0] - frame.low[0]),
                      frame.low[1] + row / height * (frame.high[1] - frame.low[1]));
            const double grey = hu ? std::clamp((*hu - (40 - 175)) / 350 * 255, 0.0, 255.0) : 0;
            ASSERT_NEAR(greys[static_cast<std::size_t>(j * width + i)], grey, 0.5 + 1e-6)
                << plane->name << ' ' << i << ' ' << j;
          }
      }
}

}  // namespace
}  // namespace anatomynet::report

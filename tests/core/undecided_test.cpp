#include "core/undecided.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>
#include <omp.h>

#include "core/argmax.h"

namespace anatomynet::core {
namespace {

Grid grid_of(const Size3& size, double spacing) {
  Grid grid;
  grid.size = size;
  grid.spacing = {spacing, spacing, spacing};
  grid.origin = {-30, 12, 100};
  return grid;
}

// The background has 0; the other channels what `logit` says of a place in mm from the first voxel.
struct Scene {
  Grid grid, target;
  std::vector<std::uint8_t> ids;
  std::function<float(std::size_t channel, const Vec3& mm)> logit;

  std::vector<float> scores() const {
    std::vector<float> out(ids.size() * static_cast<std::size_t>(grid.voxel_count()), 0);
    std::size_t i = static_cast<std::size_t>(grid.voxel_count());
    for (std::size_t c = 1; c < ids.size(); ++c)
      for (std::int64_t z = 0; z < grid.size[2]; ++z)
        for (std::int64_t y = 0; y < grid.size[1]; ++y)
          for (std::int64_t x = 0; x < grid.size[0]; ++x)
            out[i++] = logit(
                c, {double(x) * grid.spacing[0], double(y) * grid.spacing[1], double(z) * grid.spacing[2]});
    return out;
  }
  std::pair<LabelVolume, Confidence> labelled() const {
    StreamedArgmax argmax(grid, ids, target);
    argmax.take(scores(), 0, grid.size[2]);
    Confidence confidence = argmax.confidence();
    return {argmax.finish(), std::move(confidence)};
  }
};

constexpr double ln3 = 1.0986122886681098, centre = 30, radius = 18;

// A ball around (30, 30, 30) whose score falls by so many a mm to the right of the middle and to its left.
Scene ball(double right, double left) {
  const Grid grid = grid_of({61, 61, 61}, 1);
  return {grid, grid, {0, 7}, [=](std::size_t, const Vec3& mm) {
            const double r = std::hypot(mm[0] - centre, mm[1] - centre, mm[2] - centre);
            return static_cast<float>((mm[0] > centre ? right : left) * (radius - r));
          }};
}

TEST(Undecided, ASureBoundaryHasNoPlace) {
  // Its voxels have margins near zero all the same.
  for (const double slope : {2.0, 5.0}) {
    const Confidence confidence = ball(slope, slope).labelled().second;
    ASSERT_EQ(confidence.size(), 1u);
    EXPECT_TRUE(confidence[0].unsure.empty()) << slope;
  }
}

TEST(Undecided, FindsTheSideThatIsWeak) {
  const auto [labels, confidence] = ball(0.25, 5).labelled();
  ASSERT_EQ(confidence.size(), 1u);
  const auto& places = confidence[0].unsure;
  ASSERT_GE(places.size(), 3u);
  EXPECT_LE(places.size(), UndecidedRegions::most_places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Vec3 at = labels.grid.to_index(places[i].world);
    EXPECT_GT(at[0], centre) << i;
    EXPECT_LE(places[i].close_share, i > 0 ? places[i - 1].close_share : 1);
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_GE(std::hypot(places[i].world[0] - places[j].world[0], places[i].world[1] - places[j].world[1],
                           places[i].world[2] - places[j].world[2]),
                UndecidedRegions::apart_mm);
    const auto x = std::lround(at[0]), y = std::lround(at[1]), z = std::lround(at[2]);
    EXPECT_EQ(labels.at(x, y, z), 7);  // on the boundary
    EXPECT_TRUE(labels.at(x + 1, y, z) == 0 || labels.at(x, y + 1, z) == 0 || labels.at(x, y - 1, z) == 0 ||
                labels.at(x, y, z + 1) == 0 || labels.at(x, y, z - 1) == 0);
  }
}

// A plane: the close zone is a layer, whose share of a ball around it is known. Across each axis, on either
// side, so that what lies beyond the last winning voxel of a row counts too.
TEST(Undecided, TheShareIsThatOfALayerInABall) {
  for (const double slope : {0.3, 0.4, 0.5})
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (const double sign : {1.0, -1.0}) {
        const Grid grid = grid_of({48, 48, 48}, 1.25);
        const Scene scene{grid, grid, {0, 4}, [&](std::size_t, const Vec3& mm) {
                            return static_cast<float>(sign * slope * (mm[axis] - 29.9));
                          }};
        const Confidence confidence = scene.labelled().second;
        ASSERT_EQ(confidence.size(), 1u);
        ASSERT_FALSE(confidence[0].unsure.empty()) << slope;
        const double h = ln3 / slope / 6, expected = 1.5 * h - 0.5 * h * h * h;
        EXPECT_NEAR(confidence[0].unsure[0].close_share, expected, 0.12)
            << slope << ' ' << axis << ' ' << sign;
      }
}

TEST(Undecided, TwoOrgansThatMeetAreBothUnsure) {
  const Grid grid = grid_of({40, 40, 40}, 1);
  // Sure of one of them against the background, not which.
  const Scene scene{grid, grid, {0, 2, 9}, [](std::size_t c, const Vec3& mm) {
                      const double sure = 4 * (15 - std::hypot(mm[1] - 20, mm[2] - 20));
                      return static_cast<float>(sure + (c == 1 ? 0.1 : -0.1) * (mm[0] - 20.3));
                    }};
  const Confidence confidence = scene.labelled().second;
  ASSERT_EQ(confidence.size(), 2u);
  for (const OrganConfidence& one : confidence) {
    ASSERT_FALSE(one.unsure.empty());
    for (const UnsurePlace& place : one.unsure) EXPECT_NEAR(grid.to_index(place.world)[0], 20.3, 1.5);
  }
}

TEST(Undecided, DependsOnNeitherThreadsNorSlabs) {
  Scene scene = ball(0.3, 0.8);
  scene.target = grid_of({90, 85, 41}, 0.7);
  scene.target.spacing[2] = 1.5;
  const int threads = omp_get_max_threads();
  std::vector<std::vector<UnsurePlace>> all;
  const std::vector<float> scores = scene.scores();
  const std::int64_t area = scene.grid.size[0] * scene.grid.size[1], volume = scene.grid.voxel_count();
  for (const int count : {1, 2, 5}) {
    omp_set_num_threads(count);
    StreamedArgmax argmax(scene.grid, scene.ids, scene.target);
    for (std::int64_t z = 0; z < scene.grid.size[2]; z += 4 * count) {
      const std::int64_t slices = std::min<std::int64_t>(4 * count, scene.grid.size[2] - z);
      std::vector<float> slab;
      for (std::int64_t c = 0; c < 2; ++c)
        slab.insert(slab.end(), scores.begin() + c * volume + z * area,
                    scores.begin() + c * volume + (z + slices) * area);
      argmax.take(slab, z, slices);
    }
    const Confidence confidence = argmax.confidence();
    ASSERT_EQ(confidence.size(), 1u);
    all.push_back(confidence[0].unsure);
  }
  omp_set_num_threads(threads);
  ASSERT_FALSE(all[0].empty());
  for (const auto& other : all) {
    ASSERT_EQ(other.size(), all[0].size());
    for (std::size_t i = 0; i < other.size(); ++i) {
      EXPECT_EQ(other[i].world, all[0][i].world);
      EXPECT_EQ(other[i].close_share, all[0][i].close_share);
    }
  }
}

TEST(Undecided, PlacesOnUnevenSlicesLieWhereTheSlicesAre) {
  Grid grid = grid_of({9, 9, 4}, 3);
  const AxisPositions slices{2, {0, 3, 12, 14}};
  UndecidedRegions regions(grid, &slices);
  for (std::int64_t y = 0; y < 9; ++y)
    for (std::int64_t x = 0; x < 9; ++x)
      for (const std::int64_t z : {2, 3}) regions.count_close(5, x, y, z);
  regions.count_boundary(5, 100, 4, 4, 2);
  const auto places = regions.places(5);
  ASSERT_EQ(places.size(), 1u);
  EXPECT_DOUBLE_EQ(places[0].world[0], -30 + 12);
  EXPECT_DOUBLE_EQ(places[0].world[2], 100 + 12);
  EXPECT_DOUBLE_EQ(places[0].close_share, 1);  // the nearest other slice is 9 mm away
  EXPECT_TRUE(regions.places(6).empty());
}

// An organ that is undecided nearly everywhere has no place that stands out, and takes no memory without end.
TEST(Undecided, DoubtWithoutEndHasNoPlaces) {
  const Grid grid = grid_of({70, 70, 70}, 3);
  UndecidedRegions regions(grid, nullptr);
  for (std::int64_t z = 0; z < 70; ++z)
    for (std::int64_t y = 0; y < 70; ++y)
      for (std::int64_t x = 0; x < 70; ++x) regions.count_close(1, x, y, z);
  regions.count_boundary(1, 100, 35, 35, 35);
  EXPECT_TRUE(regions.places(1).empty());
}

}  // namespace
}  // namespace anatomynet::core

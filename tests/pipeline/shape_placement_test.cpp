#include "pipeline/shape_placement.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/shape_patient.h"

namespace anatomynet::test {
namespace {

using testing::HasSubstr;

// Also on voxels of half a millimetre, where steps as large as the prior's own millimetre would show.
TEST(DrawShape, DrawsTheShapeMovedOnAnyGrid) {
  const RigidMotion to_patient = motion(0.3, -0.2, {12.3, -40.1, 7.7});
  const Vec3 middle = to_patient(centre);
  Mat3 oblique = motion(0.1, 0.15, {}).rotation;
  const Mat3 sagittal{{{0, 0, -1}, {1, 0, 0}, {0, -1, 0}}};
  for (const double mm : {0.5, 1.0})
    for (const Mat3& direction : {Grid{}.direction, oblique, sagittal}) {
      Grid grid{{40, 40, 40}, {mm, mm, mm}, {}, direction};
      const Vec3 half = grid.to_world({19.6, 20.2, 20.5});
      grid.origin = minus(middle, half);
      LabelVolume labels(grid);
      const std::int64_t drawn = pipeline::draw_shape(ball(), to_patient, chiasm, labels);
      std::int64_t wrong = 0, voxels = 0;
      for (std::int64_t z = 0; z < 40; ++z)
        for (std::int64_t y = 0; y < 40; ++y)
          for (std::int64_t x = 0; x < 40; ++x) {
            const double r = distance(grid.to_world({double(x), double(y), double(z)}), middle);
            const bool is = labels.at(x, y, z) == chiasm;
            voxels += is;
            wrong += is != (r < radius) && std::abs(r - radius) > 0.15;
          }
      EXPECT_EQ(wrong, 0) << mm;
      EXPECT_EQ(drawn, voxels);
      const double ball_ml = 4.0 / 3 * M_PI * radius * radius * radius / 1000;
      EXPECT_NEAR(double(voxels) * grid.voxel_ml() / ball_ml, 1, 0.06);
    }
}

TEST(DrawShape, MovesWithThePatient) {
  const RigidMotion moved = motion(-0.4, 0.7, {-250, 31, 900});
  Grid grid{{30, 20, 12}, {1.1, 1.3, 3}, {-16, 6, -15}, Grid{}.direction};
  LabelVolume first(grid);
  EXPECT_GT(pipeline::draw_shape(ball(), {}, chiasm, first), 50);
  grid.origin = moved(grid.origin);
  grid.direction = moved.rotation;
  LabelVolume second(grid);
  pipeline::draw_shape(ball(), after(moved, {}), chiasm, second);
  EXPECT_EQ(first.voxels, second.voxels);
}

// On coarse voxels, whose centres alone would say something else of some.
TEST(DrawShape, TakesTheMeanOverEachVoxel) {
  std::int64_t wrong = 0, centre_differs = 0;
  for (const double off : {0.0, 0.9, 1.7, 2.6}) {
    const Grid grid{{8, 8, 10}, {4.7, 4.7, 3}, {-16 + off, 3 - off, -11 + off}, Grid{}.direction};
    LabelVolume labels(grid);
    pipeline::draw_shape(ball(), {}, chiasm, labels);
    for (std::int64_t i = 0; i < grid.voxel_count(); ++i) {
      const std::int64_t x = i % 8, y = i / 8 % 8, z = i / 64;
      double mean = 0;
      constexpr int fine = 10;
      for (int j = 0; j < fine * fine * fine; ++j) {
        const auto within = [&](int k) { return (k % fine + 0.5) / fine - 0.5; };
        mean += probability_at(grid.to_world({double(x) + within(j), double(y) + within(j / fine),
                                              double(z) + within(j / fine / fine)})) /
                (fine * fine * fine);
      }
      if (std::abs(mean - 0.5) < 0.02) continue;
      wrong += (labels.voxels[i] == chiasm) != (mean > 0.5);
      centre_differs +=
          (probability_at(grid.to_world({double(x), double(y), double(z)})) >= 0.5) != (mean > 0.5);
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(centre_differs, 0);
}

TEST(DrawShape, LeavesOtherOrgans) {
  LabelVolume labels(Grid{{30, 30, 30}, {1, 1, 1}, {-15, 5, -12}, Grid{}.direction}, nerve);
  EXPECT_EQ(pipeline::draw_shape(ball(), {}, chiasm, labels), 0);
  EXPECT_EQ(std::count(labels.voxels.begin(), labels.voxels.end(), nerve), 27000);
}

TEST(FindPlace, FollowsTheNeighbours) {
  for (const RigidMotion& truth : {motion(0, 0, {0, 0, 0}), nodding, motion(-0.1, 0.08, {-40, 5, -900})}) {
    const pipeline::ShapePlace place = place_of(patient(truth));
    EXPECT_EQ(place.refused, "");
    EXPECT_GT(place.likeness, 0.9);
    EXPECT_TRUE(off_mm(place, truth) <= 1) << off_mm(place, truth);
  }
}

// Contours that are all off by a voxel of a coarse CT.
TEST(FindPlace, LooksAtTheCt) {
  for (const Vec3& off : {Vec3{4, 0, 0}, Vec3{0, -4, 0}, Vec3{0, 0, 4}, Vec3{-4, 4, -3}}) {
    const pipeline::ShapePlace place = place_of(patient(nodding, off));
    EXPECT_EQ(place.refused, "");
    EXPECT_TRUE(off_mm(place, nodding) <= 0.6 * std::sqrt(dot(off, off))) << off_mm(place, nodding);
  }
}

// What a network draws elsewhere, even if it is larger.
TEST(FindPlace, TakesThePieceThatLiesRight) {
  Patient p = patient(nodding);
  for (std::int64_t z = 0; z < 14; ++z)
    for (std::int64_t y = 60; y < 74; ++y)
      for (std::int64_t x = 50; x < 60; ++x) p.labels.at(x, y, z) = eye_left;
  const pipeline::ShapePlace place = place_of(p);
  EXPECT_EQ(place.refused, "");
  EXPECT_TRUE(off_mm(place, nodding) <= 1) << off_mm(place, nodding);
}

TEST(FindPlace, RefusesWhereALandmarkIsMissingOrOdd) {
  for (const auto& [id, name] :
       {std::pair{brain_stem, "Brainstem"}, {eye_left, "Eye_L"}, {eye_right, "Eye_R"}}) {
    Patient p = patient(nodding);
    erase(p.labels, id);
    EXPECT_THAT(place_of(p).refused, HasSubstr(std::string(name) + " is not found"));
  }
  EXPECT_THAT(place_of(patient(nodding, {}, 7)).refused, HasSubstr("Eye_L is not found"));  // 1.4 ml
  Patient swapped = patient(nodding);
  for (std::uint8_t& v : swapped.labels.voxels)
    if (v == eye_left || v == eye_right) v = v == eye_left ? eye_right : eye_left;
  EXPECT_THAT(place_of(swapped).refused, HasSubstr("Eye_L is not found near its place"));
}

TEST(FindPlace, RefusesWhereTheCtLooksDifferent) {
  Patient p = patient(nodding);
  std::fill(p.ct.voxels.begin(), p.ct.voxels.end(), std::int16_t{40});
  EXPECT_THAT(place_of(p).refused, HasSubstr("looks different"));
}

// Slices above the nerves are left out; so is the chiasm.
TEST(FindPlace, RefusesOutOfTheFieldOfView) {
  Patient p = patient(motion(0, 0, {}));
  ShapePrior prior = ball();
  prior.probability.grid.origin[2] += 46;
  EXPECT_THAT(pipeline::find_place(p.ct, p.labels, label_boxes(p.labels), organs(), prior).refused,
              HasSubstr("field of view"));
}

}  // namespace
}  // namespace anatomynet::test

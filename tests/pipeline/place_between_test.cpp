#include "pipeline/place_between.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/dicom_output.h"
#include "pipeline/judge.h"
#include "pipeline/shape_patient.h"

namespace anatomynet::test {
namespace {

using model::ShapePlacing;
using pipeline::PlacedShape;
using testing::HasSubstr;

constexpr int parotid = 6;
const Vec3 eye_at{32, -34, 0};
const RigidMotion straight = motion(0, 0, {210, -330, 1180});

class NerveByShape : public testing::Test {
 protected:
  NerveByShape() {
    model_.organs = organs();
    model_.organs.push_back(*find_organ(known_organs(), parotid));
    model_.phantom_only = true;  // no comparison with people
    model_.shape_priors = {ball(), eye(), rod()};
  }
  // With three voxels that the network drew of the nerve, far off.
  pipeline::Judgement judged(Patient p, bool drawn = true) {
    for (std::int64_t x = 3; x < 6 && drawn; ++x) p.labels.at(x, 3, 3) = nerve;
    result_.labels = p.labels;
    result_.confidence = {{nerve, 3, 0.4, 1, 0.4}};
    return pipeline::judge(p.ct, nullptr, result_, model_, model_.organs, "none");
  }
  const quality::OrganQuality& nerve_in(const pipeline::Judgement& j) {
    return *std::find_if(j.report.organs.begin(), j.report.organs.end(),
                         [](auto& q) { return q.id == nerve; });
  }

  model::ModelInfo model_;
  inference::Segmentation result_;
};

TEST_F(NerveByShape, IsDrawnFromTheEyeToTheChiasm) {
  const pipeline::Judgement j = judged(patient(straight));
  EXPECT_EQ(result_.labels.at(3, 3, 3), 0) << "the network's own is gone";
  const Grid& grid = result_.labels.grid;
  std::int64_t drawn = 0, expected = 0, both = 0;
  for (std::int64_t i = 0; i < grid.voxel_count(); ++i) {
    const Vec3 at = back(straight, grid.to_world({double(i % 68), double(i / 68 % 80), double(i / 68 / 80)}));
    const int label = result_.labels.voxels[static_cast<std::size_t>(i)];
    if (label == chiasm || label == eye_left) continue;  // drawn first
    const bool is = off_the_way(at, eye_at, centre) < rod_radius;
    drawn += label == nerve;
    expected += is;
    both += is && label == nerve;
  }
  ASSERT_GT(expected, 100);
  const double dice = 2 * double(both) / double(drawn + expected);
  EXPECT_TRUE(dice >= 0.85) << dice;
  ASSERT_FALSE(nerve_in(j).flags.empty());
  EXPECT_EQ(nerve_in(j).flags[0].code, "by-shape");
  EXPECT_FALSE(nerve_in(j).confidence);
  EXPECT_TRUE(j.warnings.empty());
}

TEST_F(NerveByShape, StaysTheNetworksWhereAnEndIsMissing) {
  Patient p = patient(straight);
  erase(p.labels, eye_right);  // a landmark of the chiasm
  const pipeline::Judgement j = judged(p);
  EXPECT_EQ(std::count(result_.labels.voxels.begin(), result_.labels.voxels.end(), nerve), 3);
  ASSERT_FALSE(nerve_in(j).flags.empty());
  EXPECT_EQ(nerve_in(j).flags[0].code, "not-by-shape");
  EXPECT_THAT(nerve_in(j).flags[0].text, HasSubstr("OpticChiasm is not placed by its shape; check first"));
  EXPECT_TRUE(nerve_in(j).confidence);
  EXPECT_THAT(j.warnings, testing::Contains(HasSubstr("OpticNrv_L is drawn by the network alone")));
}

TEST_F(NerveByShape, IsNotSpokenOfWhereNobodyDrewIt) {
  Patient p = patient(straight);
  erase(p.labels, eye_right);
  const pipeline::Judgement j = judged(p, false);
  EXPECT_THAT(j.warnings, testing::Not(testing::Contains(HasSubstr("OpticNrv_L"))));
}

TEST_F(NerveByShape, IsMissedWhereOtherOrgansLieInItsPlace) {
  Patient p = patient(straight, {}, 10);  // smaller than the eye's shape, so that no rim of it is left
  for (std::int64_t i = 0; i < p.labels.grid.voxel_count(); ++i) {
    const Vec3 at =
        back(straight, p.labels.grid.to_world({double(i % 68), double(i / 68 % 80), double(i / 68 / 80)}));
    std::uint8_t& label = p.labels.voxels[static_cast<std::size_t>(i)];
    if (label == 0 && off_the_way(at, eye_at, centre) < rod_radius + 5) label = parotid;
  }
  const pipeline::Judgement j = judged(p);
  EXPECT_EQ(std::count(result_.labels.voxels.begin(), result_.labels.voxels.end(), nerve), 0);
  EXPECT_THAT(j.warnings, testing::Contains(HasSubstr("OpticNrv_L is not drawn: other organs lie")));
}

TEST_F(NerveByShape, SaysSoInTheRoiDescription) {
  std::vector<templates::TemplateRoi> rois(1);
  rois[0].structure = "OpticNrv_L";
  EXPECT_THAT(pipeline::described(rois, model_)[0].description, HasSubstr("By shape where its neighbours"));
}

// Where the eye lies, the chiasm being in its own frame's place.
pipeline::ShapePlace placed_with(const Vec3& eye_centre, const LabelVolume& labels) {
  const std::vector<ShapePrior> priors{ball(), eye(), rod()};
  PlacedShape chiasm_placed, eye_placed;
  eye_placed.placing = ShapePlacing::where_found;
  eye_placed.to_patient.shift = eye_centre;
  return pipeline::place_between(priors[2], priors, {chiasm_placed, eye_placed}, labels, label_boxes(labels),
                                 nerve);
}

const LabelVolume all_around(Grid{{100, 100, 60}, {2, 2, 2}, {-100, -100, -60}, Grid{}.direction});

TEST(PlaceBetween, StretchesAlongTheWayAlone) {
  const Vec3 way = minus(eye_at, centre);
  for (const double longer : {0.8, 1.0, 1.25}) {
    const Vec3 eye_centre = minus(scaled(way, longer), scaled(centre, -1));
    const pipeline::ShapePlace place = placed_with(eye_centre, all_around);
    ASSERT_EQ(place.refused, "");
    EXPECT_TRUE(distance(place.to_patient(eye_at), eye_centre) <= 1e-9);
    EXPECT_TRUE(distance(place.to_patient(centre), centre) <= 1e-9);
    const Vec3 side = unit(cross(way, {0, 0, 1})), off = place.to_patient(minus(centre, side));
    EXPECT_TRUE(std::abs(distance(off, centre) - 1) <= 1e-9) << "across the way lengths stay";
  }
}

TEST(PlaceBetween, RefusesAWayThatIsTooShortOrTooLongOrSteep) {
  const Vec3 way = minus(eye_at, centre);
  for (const double longer : {0.6, 1.5})
    EXPECT_THAT(placed_with(minus(scaled(way, longer), scaled(centre, -1)), all_around).refused,
                HasSubstr("mm apart, about"));
  EXPECT_THAT(placed_with(minus(centre, {0, 0, 60}), all_around).refused, HasSubstr("level is usual"));
}

TEST(PlaceBetween, RefusesOutOfTheFieldOfView) {
  Grid low = all_around.grid;
  low.size[2] = 30;  // ends at the eye
  EXPECT_THAT(placed_with(eye_at, LabelVolume(low)).refused, HasSubstr("field of view"));
}

// Voxels within 3 mm of the straight way, moved; of them those between two parts of it.
LabelVolume drawn_off(const Vec3& off, double from_part, double to_part) {
  LabelVolume labels = all_around;
  const Vec3 way = minus(centre, eye_at);
  for (std::int64_t i = 0; i < labels.grid.voxel_count(); ++i) {
    const Vec3 at = labels.grid.to_world({double(i % 100), double(i / 100 % 100), double(i / 10000)});
    const Vec3 p = minus(at, off);
    const double part = dot(minus(p, eye_at), way) / dot(way, way);
    if (off_the_way(p, eye_at, centre) < 3 && part > from_part && part < to_part)
      labels.voxels[static_cast<std::size_t>(i)] = nerve;
  }
  return labels;
}

TEST(PlaceBetween, FollowsTheNetworkAcrossTheWay) {
  const Vec3 way = unit(minus(centre, eye_at)), side = unit(cross(way, {0, 0, 1})), up = cross(side, way);
  for (const Vec3& across : {scaled(side, 4), scaled(up, -3)}) {
    const pipeline::ShapePlace place = placed_with(eye_at, drawn_off(across, 0.2, 0.6));
    ASSERT_EQ(place.refused, "");
    const Vec3 moved = minus(place.to_patient(centre), centre);
    EXPECT_TRUE(distance(moved, scaled(across, 0.75)) <= 0.5)
        << moved[0] << ' ' << moved[1] << ' ' << moved[2];
  }
}

TEST(PlaceBetween, FollowsNeitherTheNetworksEndsNorWhatIsFarOffOrTiny) {
  const Vec3 way = unit(minus(centre, eye_at)), side = unit(cross(way, {0, 0, 1}));
  for (const LabelVolume& labels :
       {drawn_off(scaled(way, 5), 0.3, 0.5), drawn_off(scaled(side, 16), 0.2, 0.9),
        drawn_off(scaled(side, 4), 0.5, 0.52)}) {
    const pipeline::ShapePlace place = placed_with(eye_at, labels);
    EXPECT_TRUE(distance(place.to_patient(centre), centre) <= 0.3)
        << distance(place.to_patient(centre), centre);
  }
}

}  // namespace
}  // namespace anatomynet::test

#include "pipeline/stray_pieces.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "pipeline/judge.h"
#include "pipeline/shape_patient.h"

namespace anatomynet::test {
namespace {

// A cube of 4 mm at a place of the prior's frame, as the patient lies.
void speck(Patient& p, const RigidMotion& to_patient, const Vec3& at, int id) {
  const Vec3 index = p.labels.grid.to_index(to_patient(at));
  for (int z = 0; z < 2; ++z)
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 2; ++x)
        p.labels.at(std::int64_t(index[0]) + x, std::int64_t(index[1]) + y, std::int64_t(index[2]) + z) =
            static_cast<std::uint8_t>(id);
}

std::int64_t count(const LabelVolume& labels, int id) {
  return std::count(labels.voxels.begin(), labels.voxels.end(), static_cast<std::uint8_t>(id));
}

const std::vector<ShapePrior>& all_priors() {
  static const std::vector<ShapePrior> priors{ball(), eye(), rod()};
  return priors;
}

TEST(StrayPieces, GoWhereTheOrganCannotBe) {
  for (const RigidMotion& lies : {RigidMotion{}, nodding}) {
    Patient p = patient(lies);
    const LabelVolume whole = p.labels;
    speck(p, lies, {-40, 55, -40}, eye_left);
    speck(p, lies, {45, 60, 30}, nerve);
    const auto dropped = pipeline::drop_stray_pieces(organs(), all_priors(), p.labels);
    EXPECT_EQ(p.labels.voxels, whole.voxels);
    ASSERT_EQ(dropped.size(), 2u);
    for (const quality::PostProcessed& d : dropped) {
      ASSERT_EQ(d.strays.size(), 1u) << d.organ;
      EXPECT_NEAR(d.strays[0].ml, 0.064, 1e-9);
      EXPECT_TRUE(d.removed.empty());
    }
    EXPECT_EQ(dropped[0].id, eye_left);
    // sqrt(72^2 + 89^2 + 40^2) from the left eye, and what a nod moves it
    EXPECT_NEAR(dropped[0].strays[0].off_mm, 121, 12);
    EXPECT_EQ(dropped[1].id, nerve);
  }
}

TEST(StrayPieces, StayNearTheirPlace) {
  Patient p = patient(nodding);
  speck(p, nodding, {32, -34, 25}, eye_left);
  speck(p, nodding, {16, -8, 20}, nerve);
  const LabelVolume before = p.labels;
  EXPECT_TRUE(pipeline::drop_stray_pieces(organs(), all_priors(), p.labels).empty());
  EXPECT_EQ(p.labels.voxels, before.voxels);
}

TEST(StrayPieces, StayWhereNothingSaysWhereTheyShouldBe) {
  Patient p = patient({});
  speck(p, {}, {-40, 55, -40}, eye_left);
  const LabelVolume before = p.labels;
  EXPECT_TRUE(pipeline::drop_stray_pieces(organs(), {}, p.labels).empty());
  EXPECT_TRUE(pipeline::drop_stray_pieces(organs(), {eye()}, p.labels).empty());
  EXPECT_EQ(p.labels.voxels, before.voxels);
  // A nerve is expected half-way to an organ that a prior places; without the prior nothing is known of it.
  speck(p, {}, {45, 60, 30}, nerve);
  const auto dropped = pipeline::drop_stray_pieces(organs(), {ball()}, p.labels);
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].id, eye_left);
  erase(p.labels, brain_stem);
  speck(p, {}, {-40, 55, -40}, eye_left);
  EXPECT_TRUE(pipeline::drop_stray_pieces(organs(), all_priors(), p.labels).empty());
}

class JudgeStrays : public testing::Test {
 protected:
  pipeline::Judgement judged(const std::string& postprocess) {
    model::ModelInfo model;
    model.organs = organs();
    model.phantom_only = true;  // no comparison with people
    model.shape_priors = {ball()};
    Patient p = patient({});
    erase(p.labels, eye_left);
    speck(p, {}, {-40, 55, -40}, eye_left);
    result.labels = p.labels;
    return pipeline::judge(p.ct, nullptr, result, model, model.organs, postprocess);
  }
  inference::Segmentation result;
};

TEST_F(JudgeStrays, AreNoOrganAndAreStated) {
  const std::string json = judged("default").json;
  EXPECT_EQ(count(result.labels, eye_left), 0);
  EXPECT_NE(json.find("stray_pieces"), std::string::npos);
  EXPECT_NE(json.find("off_mm"), std::string::npos);
}

TEST_F(JudgeStrays, StayWithoutPostProcessing) {
  EXPECT_EQ(judged("none").json.find("stray_pieces"), std::string::npos);
  EXPECT_EQ(count(result.labels, eye_left), 8);
}

}  // namespace
}  // namespace anatomynet::test

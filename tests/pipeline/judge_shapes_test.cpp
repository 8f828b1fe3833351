#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/dicom_output.h"
#include "pipeline/judge.h"
#include "pipeline/shape_patient.h"

namespace anatomynet::test {
namespace {

using testing::HasSubstr;

class JudgeShapes : public testing::Test {
 protected:
  JudgeShapes() {
    model_.organs = organs();
    model_.phantom_only = true;  // no comparison with people
    model_.shape_priors = {ball()};
  }
  pipeline::Judgement judged(Patient p, const OrganTable& chosen) {
    p.labels.at(3, 3, 3) = chiasm;  // the network's
    result_.labels = p.labels;
    result_.confidence = {{chiasm, 1, 0.4, 1, 0.4}};
    return pipeline::judge(p.ct, nullptr, result_, model_, chosen, "default");
  }
  const quality::OrganQuality& chiasm_in(const pipeline::Judgement& j) {
    return *std::find_if(j.report.organs.begin(), j.report.organs.end(),
                         [](auto& q) { return q.id == chiasm; });
  }
  std::int64_t voxels(int id) {
    return std::count(result_.labels.voxels.begin(), result_.labels.voxels.end(), id);
  }

  model::ModelInfo model_;
  inference::Segmentation result_;
};

TEST_F(JudgeShapes, SayThatTheOrganIsPlacedByShape) {
  const pipeline::Judgement j = judged(patient(nodding), model_.organs);
  EXPECT_EQ(result_.labels.at(3, 3, 3), 0);
  EXPECT_NEAR(double(voxels(chiasm)) * 0.008, 0.52, 0.08);
  const quality::OrganQuality& q = chiasm_in(j);
  ASSERT_FALSE(q.flags.empty());
  EXPECT_EQ(q.flags[0].code, "by-shape");
  EXPECT_EQ(q.flags[0].text, "placed by shape from the neighbours, not seen in the CT; check first");
  EXPECT_LT(q.score, 0.5);
  EXPECT_LE(j.report.score, q.score);
  EXPECT_FALSE(q.confidence);
  EXPECT_THAT(j.json, HasSubstr("by-shape"));
  EXPECT_TRUE(j.warnings.empty());
}

TEST_F(JudgeShapes, SayWhereTwoNetworksDisagree) {
  const auto id = [&](const char* name) { return find_organ(model_.organs, name)->id; };
  const auto codes_of = [&](const pipeline::Judgement& j, int organ) {
    std::vector<std::string> codes;
    for (const quality::OrganQuality& q : j.report.organs)
      if (q.id == organ)
        for (const quality::Flag& flag : q.flags) codes.push_back(flag.code);
    return codes;
  };
  result_.redrawn = {{id("Eye_L"), 0.49, false}, {id("Eye_R"), 0.51, false}};
  const pipeline::Judgement j = judged(patient(nodding), model_.organs);
  EXPECT_THAT(codes_of(j, id("Eye_L")), testing::Contains("redrawn-differently"));
  EXPECT_THAT(codes_of(j, id("Eye_R")), testing::Not(testing::Contains("redrawn-differently")));
  EXPECT_THAT(j.json, HasSubstr("two networks draw it differently (Dice 0.49)"));
  result_.redrawn = {{id("Eye_L"), 0, true}};
  EXPECT_THAT(codes_of(judged(patient(nodding), model_.organs), id("Eye_L")),
              testing::Contains("not-redrawn"));
}

TEST_F(JudgeShapes, SayOfOtherOrgansThatTheyWereLearntFromLittle) {
  model_.evidence = {{"Eye_L", 12, 4, 0.95, "experts", 0.93}, {"Eye_R", 9, 4, 0.95, "experts", 0.93}};
  const pipeline::Judgement j = judged(patient(nodding), model_.organs);
  for (const quality::OrganQuality& q : j.report.organs) {
    const bool flagged = std::any_of(q.flags.begin(), q.flags.end(),
                                     [](const quality::Flag& f) { return f.code == "weak-evidence"; });
    EXPECT_EQ(flagged, q.organ == "Eye_R") << q.organ;
    if (flagged) {
      EXPECT_LT(q.score, 0.5);
    }
  }
  EXPECT_THAT(j.json, HasSubstr("learnt from 9 scans; Dice 0.95 against experts on 4 scans"));
}

TEST_F(JudgeShapes, JudgeAnOrganAsItWasBeforeItsEndsWereCut) {
  const Patient p = patient(nodding);
  const Organ& eye = *find_organ(model_.organs, "Eye_L");
  const pipeline::Judgement whole = judged(p, model_.organs);
  const std::int64_t before = voxels(eye.id);
  model_.organ_ends = {{"Eye_L", 4, 0, "three scans"}};
  const pipeline::Judgement j = judged(p, model_.organs);
  EXPECT_LT(voxels(eye.id), before);
  EXPECT_GT(2 * voxels(eye.id), before);
  for (std::size_t i = 0; i < j.report.organs.size(); ++i) {
    const quality::OrganQuality &now = j.report.organs[i], &then = whole.report.organs[i];
    EXPECT_EQ(now.flags, then.flags) << now.organ;
    EXPECT_EQ(now.score, then.score) << now.organ;
    EXPECT_EQ(now.ml < then.ml, now.organ == "Eye_L") << now.organ;
  }
  EXPECT_THAT(j.json, HasSubstr("ends_cut"));
  model_.organ_ends = {{"Eye_L", 100, 0, "three scans"}};
  const pipeline::Judgement refused = judged(p, model_.organs);
  EXPECT_EQ(voxels(eye.id), before);
  for (const quality::OrganQuality& q : refused.report.organs)
    EXPECT_EQ(std::any_of(q.flags.begin(), q.flags.end(), [](auto& f) { return f.code == "ends-not-cut"; }),
              q.organ == "Eye_L")
        << q.organ;
}

TEST_F(JudgeShapes, LeaveTheOrganOutWhereItCannotBePlaced) {
  Patient p = patient(nodding);
  erase(p.labels, eye_right);
  const pipeline::Judgement j = judged(p, model_.organs);
  EXPECT_EQ(voxels(chiasm), 0);
  EXPECT_EQ(chiasm_in(j).flags[0].code, "not-placed");
  ASSERT_EQ(j.warnings.size(), 1u);
  EXPECT_THAT(j.warnings[0], HasSubstr("OpticChiasm is not drawn: Eye_R is not found"));
  OrganTable without = model_.organs;
  std::erase_if(without, [](const Organ& o) { return o.id == chiasm; });
  EXPECT_TRUE(judged(p, without).warnings.empty());
}

TEST_F(JudgeShapes, DrawAnEyeWhereTheNetworkFindsIt) {
  model_.shape_priors = {ball(), eye()};
  Patient p = patient(motion(0, 0, {210, -330, 1180}));
  const Vec3 middle = minus(Vec3{32, -34, 0}, {-210, 330, -1180});
  for (std::int64_t i = 0; i < p.labels.grid.voxel_count(); ++i) {  // a network that misses a part of it
    const std::int64_t x = i % 68, y = i / 68 % 80, z = i / 68 / 80;
    if (p.labels.voxels[i] == eye_left &&
        p.labels.grid.to_world({double(x), double(y), double(z)})[0] > middle[0] + 8)
      p.labels.voxels[i] = 0;
  }
  const std::int64_t right = std::count(p.labels.voxels.begin(), p.labels.voxels.end(), eye_right);
  const pipeline::Judgement j = judged(p, model_.organs);
  Vec3 sum{};
  for (std::int64_t i = 0; i < result_.labels.grid.voxel_count(); ++i)
    if (result_.labels.voxels[i] == eye_left) {
      const Vec3 at =
          result_.labels.grid.to_world({double(i % 68), double(i / 68 % 80), double(i / 68 / 80)});
      for (int k = 0; k < 3; ++k) sum[k] += at[k];
    }
  const auto drawn = double(voxels(eye_left));
  EXPECT_NEAR(drawn * 0.008, 4.0 / 3 * M_PI * 1.331, 0.3);
  EXPECT_TRUE(distance(scaled(sum, 1 / drawn), middle) < 1) << distance(scaled(sum, 1 / drawn), middle);
  EXPECT_EQ(voxels(eye_right), right);
  EXPECT_GT(voxels(chiasm), 0) << "its landmark is the eye that the network found";
  for (const quality::OrganQuality& q : j.report.organs)
    for (const quality::Flag& f : q.flags) EXPECT_FALSE(q.id == eye_left && f.code == "by-shape");
  EXPECT_TRUE(j.warnings.empty());
}

TEST_F(JudgeShapes, LeaveAnEyeAsTheNetworkDrewItWhereTheCtEnds) {
  model_.shape_priors = {eye()};
  Patient p = patient(motion(0, 0, {}));
  const std::int64_t top = 25;  // slices, through the eyes
  Patient cut{CtVolume(p.ct.grid), LabelVolume(p.labels.grid)};
  Grid grid = p.ct.grid;
  grid.size[2] = top;
  cut.ct = CtVolume(grid);
  cut.labels = LabelVolume(grid);
  std::copy_n(p.ct.voxels.begin(), grid.voxel_count(), cut.ct.voxels.begin());
  std::copy_n(p.labels.voxels.begin(), grid.voxel_count(), cut.labels.voxels.begin());
  const std::int64_t before = std::count(cut.labels.voxels.begin(), cut.labels.voxels.end(), eye_left);
  ASSERT_GT(before, 300);
  const pipeline::Judgement j = judged(cut, model_.organs);
  EXPECT_EQ(voxels(eye_left), before);
  EXPECT_TRUE(j.warnings.empty());
}

TEST(WeakContours, AreSaidInTheRoiDescription) {
  model::ModelInfo model;
  model.shape_priors = {ball()};
  model.evidence = {{"Brainstem", 163, 26, 0.84, "clinic", {}}, {"OpticNrv_L", 12, 4, 0.45, "experts", {}}};
  std::vector<templates::TemplateRoi> rois(3);
  rois[0].structure = "Brainstem";
  rois[2].structure = "OpticNrv_L";
  rois[1].structure = "OpticChiasm";
  rois[1].organ.name = "Chiasm";  // as the hospital calls it
  rois = pipeline::described(std::move(rois), model);
  EXPECT_EQ(rois[0].description, "");
  EXPECT_THAT(rois[1].description, HasSubstr("check first"));
  EXPECT_THAT(rois[2].description, HasSubstr("Check first: learnt from 12 scans; Dice 0.45"));
}

}  // namespace
}  // namespace anatomynet::test

// What a weights file says of itself after adapting: what stays true, what is redone, what goes.
#include "adaptation/adapted_info.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace anatomynet::adaptation {
namespace {

class AdaptedInfos : public testing::Test {
 protected:
  AdaptedInfos() {
    model::ModelInfo& info = parent_.model.info;
    info.name = "clinical";
    info.architecture = "AnatomyNet";
    info.organs = standard_organs();
    info.training_data = "public scans";
    info.engines = R"({"weights": "x"})";
    info.evidence = {{"Brainstem", 90, 4, 0.8, "experts", 0.9},
                     {"OpticChiasm", 3, 1, 0.7, "experts", {}},
                     {"Parotid_L", 99, 4, 0.85, "experts", {}}};
    model::ShapePrior prior;
    prior.organ = "OpticChiasm";
    prior.landmarks = {{"Brainstem", model::LandmarkPart::top, 8, 80, {0, 49, 0}},
                       {"Parotid_L", model::LandmarkPart::centre, 3, 20, {30, 0, 0}},
                       {"Parotid_R", model::LandmarkPart::centre, 3, 20, {-30, 0, 0}}};
    info.shape_priors = {prior};
    parent_.model.id = "clinical-123456789abc";
    parent_.sha256 = "beef";
    local_.scans = 10;
    local_.cases.resize(11);
    local_.sha256 = "cafe";
    local_.drawn = {{"Brainstem", 9}};
    recipe_.learnt = {"Brainstem"};
    outcome_.organ = "Brainstem";
    outcome_.learnt = outcome_.gained = true;
    outcome_.pairs = 9;
    outcome_.after = 0.75;
  }

  AdaptedInfo made(const std::vector<HeldOutCase>& cases) const {
    CalibrationResult none;
    none.of_all = parent_.model.info;
    return adapted_info(parent_, local_, recipe_, standard_organs(), {{"Brainstem"}, 1, cases, {outcome_}},
                        none);
  }

  // The brain stem calibrated and nothing learnt.
  AdaptedInfo calibrated(Calibrated takes, const std::vector<HeldOutCase>& cases) {
    recipe_.learnt.clear();
    CalibrationResult result;
    result.choice["Brainstem"] = takes;
    result.round = {{"Brainstem"}, 0, cases, {outcome_}};
    result.of_all = parent_.model.info;
    if (takes.curve) result.of_all.hu_curves = {{"Brainstem", {{0}, {1}}, "here"}};
    if (takes.ends) result.of_all.organ_ends = {{"Brainstem", 12, 0, "here"}};
    return adapted_info(parent_, local_, recipe_, standard_organs(), {}, result);
  }

  std::vector<HeldOutCase> moved(int count) const {
    std::vector<HeldOutCase> cases(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      cases[static_cast<std::size_t>(i)].moved["OpticChiasm"] = {
          {0, {0, 1, -8.0 - i}}, {1, {5, 5, 5}}, {2, {5, 5, 5}}};
    return cases;
  }

  Parent parent_;
  LocalCases local_;
  Recipe recipe_;
  OrganOutcome outcome_;
};

TEST_F(AdaptedInfos, RedoesTheEvidenceOfWhatWasLearnt) {
  const model::ModelInfo info = made(moved(3)).info;
  EXPECT_EQ(info.name, "clinical-adapted");
  const auto* stem = model::find_evidence(info.evidence, "Brainstem");
  ASSERT_NE(stem, nullptr);
  EXPECT_EQ(stem->training_scans, 99);
  EXPECT_EQ(stem->scans, 9);
  EXPECT_EQ(stem->dice, 0.75);
  EXPECT_EQ(stem->against, "clinic");
  EXPECT_FALSE(stem->between_experts);
  EXPECT_EQ(model::find_evidence(info.evidence, "Parotid_L")->dice, 0.85);
  EXPECT_TRUE(info.engines.empty()) << "proofs of precisions are of other tensors";
}

TEST_F(AdaptedInfos, MovesTheLandmarksOfLearntOrgansAlone) {
  const model::ModelInfo info = made(moved(3)).info;  // by -8, -9 and -10 mm
  ASSERT_EQ(info.shape_priors.size(), 1u);
  const auto& marks = info.shape_priors[0].landmarks;
  EXPECT_NEAR(marks[0].at[1], 50, 1e-12);
  EXPECT_NEAR(marks[0].at[2], -9, 1e-12);
  EXPECT_EQ(marks[1].at, (Vec3{30, 0, 0}));
}

TEST_F(AdaptedInfos, DropsAShapeWhoseLandmarksAreNotKnown) {
  const AdaptedInfo made_of_two = made(moved(2));
  EXPECT_TRUE(made_of_two.info.shape_priors.empty());
  EXPECT_EQ(model::find_evidence(made_of_two.info.evidence, "OpticChiasm"), nullptr);
  EXPECT_NE(made_of_two.notes.at(0).find("OpticChiasm"), std::string::npos);
}

TEST_F(AdaptedInfos, KeepsAShapeBetweenTwoOthersAsLongAsTheyStay) {
  model::ShapePrior nerve;
  nerve.organ = "OpticNrv_L";
  nerve.landmarks = {{"OpticChiasm", model::LandmarkPart::placed, 0, 0, {1, 2, 3}, {4, 5, 6}}};
  parent_.model.info.shape_priors.push_back(nerve);
  parent_.model.info.evidence.push_back({"OpticNrv_L", 12, 4, 0.6, "experts", {}});
  const AdaptedInfo kept = made(moved(3));
  ASSERT_EQ(kept.info.shape_priors.size(), 2u);
  EXPECT_EQ(kept.info.shape_priors[1].landmarks[0].at, (Vec3{1, 2, 3}));
  EXPECT_NE(model::find_evidence(kept.info.evidence, "OpticNrv_L"), nullptr);
  const AdaptedInfo without = made(moved(2));  // the chiasm's own goes
  EXPECT_TRUE(without.info.shape_priors.empty());
  EXPECT_EQ(model::find_evidence(without.info.evidence, "OpticNrv_L"), nullptr);
  ASSERT_EQ(without.notes.size(), 3u);
  EXPECT_NE(without.notes[1].find("OpticNrv_L"), std::string::npos);
}

TEST_F(AdaptedInfos, TellsItsLineage) {
  const model::ModelInfo info = made(moved(3)).info;
  const auto lineage = nlohmann::json::parse(info.lineage);
  EXPECT_EQ(lineage.at("parent").at("sha256"), "beef");
  EXPECT_EQ(lineage.at("data").at("sha256"), "cafe");
  EXPECT_EQ(lineage.at("data").at("scans"), 10);
  EXPECT_EQ(lineage.at("organs").at("Brainstem").at("learnt"), true);
  EXPECT_NE(info.training_data.find("10 scans of a clinic: learnt Brainstem"), std::string::npos);
}

TEST_F(AdaptedInfos, KeepsProofsOfPrecisionsWhereEndsAloneWereFound) {
  const AdaptedInfo made = calibrated({false, true}, moved(0));
  ASSERT_EQ(made.info.organ_ends.size(), 1u);
  EXPECT_EQ(made.info.organ_ends[0].upper_mm, 12);
  EXPECT_EQ(made.info.engines, parent_.model.info.engines);
  EXPECT_EQ(model::find_evidence(made.info.evidence, "Brainstem")->against, "clinic");
  EXPECT_NE(made.info.training_data.find("10 scans of a clinic: calibrated Brainstem"), std::string::npos);
  const auto lineage = nlohmann::json::parse(made.info.lineage);
  EXPECT_EQ(lineage.at("organs").at("Brainstem").at("calibrated"), "ends");
  EXPECT_FALSE(lineage.at("options").contains("steps"));
}

TEST_F(AdaptedInfos, DropsProofsOfPrecisionsWhereCurvesChanged) {
  const AdaptedInfo made = calibrated({true, false}, moved(3));
  EXPECT_EQ(made.info.hu_curves.at(0).curve.logits, (std::vector<double>{1}));
  EXPECT_TRUE(made.info.engines.empty());
  EXPECT_NEAR(made.info.shape_priors.at(0).landmarks[0].at[2], -9, 1e-12);
}

// What was calibrated first and then learnt after all.
TEST_F(AdaptedInfos, TakesNoCalibrationOfLearntOrgans) {
  CalibrationResult result;
  result.choice["Brainstem"] = {true, true};
  result.round = {{"Brainstem"}, 0, moved(3), {outcome_}};
  result.of_all = parent_.model.info;
  result.of_all.hu_curves = {{"Brainstem", {{0}, {1}}, "here"}};
  result.of_all.organ_ends = {{"Brainstem", 12, 0, "here"}};
  const AdaptedInfo made = adapted_info(parent_, local_, recipe_, standard_organs(),
                                        {{"Brainstem"}, 1, moved(3), {outcome_}}, result);
  EXPECT_TRUE(made.info.hu_curves.empty());
  EXPECT_TRUE(made.info.organ_ends.empty());
  EXPECT_NEAR(made.info.shape_priors.at(0).landmarks[0].at[2], -18, 1e-12) << "both moved it";
}

}  // namespace
}  // namespace anatomynet::adaptation

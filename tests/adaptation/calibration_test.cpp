#include "adaptation/calibration.h"

#include <gtest/gtest.h>

namespace anatomynet::adaptation {
namespace {

// An organ in slices `first` to `last` of twenty, 3 mm apart, as the clinic draws it from `from` to `to`; ten
// voxels a slice, all of them right.
OrganSample organ(std::int64_t first, std::int64_t last, std::int64_t from, std::int64_t to) {
  OrganSample s;
  s.spacing = 3;
  s.slices.resize(20);
  for (std::int64_t z = 0; z < 20; ++z) {
    SliceCounts& slice = s.slices[static_cast<std::size_t>(z)];
    slice.found = z >= first && z <= last ? 10 : 0;
    slice.truth = z >= from && z <= to ? 10 : 0;
    slice.both = std::min(slice.found, slice.truth);
  }
  s.doubtful = s.between = {"scan", {}, {}, {}, 100, 100, 90};
  return s;
}

Calibration fitted(const std::vector<CaseSample>& cases) {
  std::vector<const CaseSample*> list;
  for (const CaseSample& c : cases) list.push_back(&c);
  return fit_calibration(list);
}

TEST(Calibration, CountsDiceWithEndsAsTheyAreCut) {
  const OrganSample s = organ(2, 11, 2, 7);  // 60 of 100 voxels are right
  EXPECT_DOUBLE_EQ(dice_with_ends(s, 0, 0), 120.0 / 160);
  EXPECT_DOUBLE_EQ(dice_with_ends(s, 6, 0), 120.0 / 140);
  EXPECT_DOUBLE_EQ(dice_with_ends(s, 12, 3), 100.0 / 110);
  EXPECT_DOUBLE_EQ(dice_with_ends(s, 18, 0), 120.0 / 160) << "more than half would go";
  EXPECT_DOUBLE_EQ(dice_with_ends(organ(0, 9, 0, 7), 0, 9), 160.0 / 180) << "the CT ends there";
}

TEST(Calibration, FindsTheMedianByWhichTheWeightsGoOn) {
  const auto found = fitted({{{"Brainstem", organ(2, 12, 2, 8)}},
                             {{"Brainstem", organ(3, 14, 3, 9)}},
                             {{"Brainstem", organ(4, 15, 5, 9)}}});
  ASSERT_TRUE(found.ends.contains("Brainstem"));
  EXPECT_EQ(found.ends.at("Brainstem").upper_mm, 15);
  EXPECT_EQ(found.ends.at("Brainstem").lower_mm, 0);
}

TEST(Calibration, CutsNothingWhereTheClinicGoesOn) {
  EXPECT_TRUE(fitted({{{"Brainstem", organ(2, 12, 1, 14)}},
                      {{"Brainstem", organ(3, 14, 2, 16)}},
                      {{"Brainstem", organ(4, 15, 1, 17)}}})
                  .ends.empty());
}

// Two contours go on by a slice, and of the third most voxels lie in its last one.
TEST(Calibration, CutsNothingThatDoesNotHelp) {
  OrganSample full = organ(2, 12, 2, 12);
  full.slices[12] = {90, 90, 90};
  const std::vector<CaseSample> cases{
      {{"Brainstem", organ(2, 12, 2, 11)}}, {{"Brainstem", organ(2, 12, 2, 11)}}, {{"Brainstem", full}}};
  EXPECT_TRUE(fitted(cases).ends.empty());
}

TEST(Calibration, AsksForThreeEndsWithinTheCt) {
  EXPECT_TRUE(fitted({{{"Esophagus", organ(2, 19, 2, 12)}},
                      {{"Esophagus", organ(2, 19, 2, 12)}},
                      {{"Esophagus", organ(2, 17, 2, 10)}}})
                  .ends.empty());
  OrganSample unknown = organ(2, 17, 2, 10);
  unknown.slices.clear();  // annotated in part
  EXPECT_TRUE(fitted({{{"Esophagus", organ(2, 17, 2, 10)}},
                      {{"Esophagus", organ(2, 17, 2, 10)}},
                      {{"Esophagus", unknown}}})
                  .ends.empty());
}

TEST(Calibration, SharesBetweenSides) {
  const auto found = fitted({{{"Parotid_L", organ(2, 12, 2, 9)}, {"Parotid_R", organ(2, 12, 2, 9)}},
                             {{"Parotid_L", organ(2, 12, 2, 9)}}});
  ASSERT_TRUE(found.ends.contains("Parotid_R"));
  EXPECT_EQ(found.ends.at("Parotid_R").organ, "Parotid_R");
  EXPECT_EQ(found.ends.at("Parotid_R").upper_mm, 9);
}

// A network that is in doubt where the clinic draws on all scans: a curve gains, and is not found on one
// scan.
TEST(Calibration, FindsACurveThatGainsOnScansLeftOut) {
  std::vector<CaseSample> cases;
  for (int scan = 0; scan < 4; ++scan) {
    OrganSample s;
    s.doubtful.scan = std::to_string(scan);
    s.doubtful.voxels = 200;
    s.doubtful.sure = s.doubtful.sure_hits = 100;
    for (int i = 0; i < 300; ++i) {
      s.doubtful.margin.push_back(static_cast<float>((i < 100 ? -3.0 : -3.5) + i % 3));
      s.doubtful.hu.push_back(i < 100 ? 300 : -100);
      s.doubtful.truth.push_back(i < 100);
    }
    s.between = s.doubtful;
    cases.push_back({{"Bone_Mandible", s}});
  }
  const auto found = fitted(cases);
  ASSERT_TRUE(found.curves.contains("Bone_Mandible"));
  const HuCurve& curve = found.curves.at("Bone_Mandible");
  EXPECT_GT(curve.at(300), 3);
  EXPECT_LT(curve.at(-100), 1);
  EXPECT_TRUE(found.curves_between.contains("Bone_Mandible"));
  EXPECT_FALSE(fitted({cases[0]}).curves.contains("Bone_Mandible"));
}

// A clinic that draws half of what the network draws along S: a curve that takes the doubtful half of each
// slice away gains as a whole, and loses where the clinic draws.
TEST(Calibration, FindsNoCurveThatStandsForEnds) {
  std::vector<CaseSample> cases;
  for (int scan = 0; scan < 4; ++scan) {
    OrganSample s;
    s.doubtful.scan = std::to_string(scan);
    s.doubtful.voxels = 100;
    for (int i = 0; i < 400; ++i) {
      s.doubtful.margin.push_back(i % 2 ? 5 : 1);
      s.doubtful.hu.push_back(i % 2 ? 60 : 20);
      s.doubtful.truth.push_back(i < 100);
    }
    s.between = s.doubtful;
    for (auto* list : {&s.between.margin, &s.between.hu}) list->resize(100);
    s.between.truth.resize(100);
    cases.push_back({{"Esophagus", s}});
  }
  EXPECT_FALSE(fitted(cases).curves.contains("Esophagus"));
}

TEST(Calibration, GivesTheCurveOfASecondNetworksOrganToThatNetwork) {
  model::ModelInfo info;
  info.hu_curves = {{"Parotid_L", {{0}, {1}}, "experts"}};
  model::Refinement second;
  second.organs = {{"Parotid_L", false, {{0}, {2}}}, {"Parotid_R", true, {}}};
  second.source = "experts' contours";
  info.refinements = {second};
  Calibration found;
  for (const char* organ : {"Parotid_L", "Parotid_R"}) found.curves[organ] = {{0}, {0.5}};
  const auto made = calibrated_info(info, found, {{"Parotid_L", {true, false}}}, "here");
  ASSERT_EQ(made.hu_curves.size(), 1u);
  EXPECT_EQ(made.hu_curves[0].curve.logits, std::vector<double>{1}) << "the first network's";
  EXPECT_EQ(made.refinements[0].organs[0].curve.logits, std::vector<double>{2.5});
  EXPECT_TRUE(made.refinements[0].organs[1].curve.hu.empty()) << "did not take it";
  EXPECT_EQ(made.refinements[0].source, "experts' contours; HU curves: here");
  const auto both =
      calibrated_info(info, found, {{"Parotid_L", {true, false}}, {"Parotid_R", {true, false}}}, "here");
  EXPECT_EQ(both.refinements[0].organs[1].curve.logits, std::vector<double>{0.5});
  EXPECT_EQ(both.refinements[0].source, "experts' contours; HU curves: here") << "said once";
}

TEST(Calibration, AddsToTheWeightsCurvesAndReplacesTheirEnds) {
  model::ModelInfo info;
  info.hu_curves = {{"Brainstem", {{0, 100}, {1, 1}}, "experts"}, {"Larynx", {{0}, {2}}, "experts"}};
  info.organ_ends = {{"Brainstem", 3, 0, "another clinic"}};
  Calibration found;
  found.curves["Brainstem"] = {{0, 100}, {7, 7}};
  found.curves_between["Brainstem"] = {{0, 100}, {0.5, -1}};
  found.curves["Larynx"] = {{0}, {9}};
  found.ends["Larynx"] = {"Larynx", 0, 6, ""};
  const auto out =
      calibrated_info(info, found, {{"Brainstem", {true, true}}, {"Larynx", {false, true}}}, "here");
  ASSERT_EQ(out.hu_curves.size(), 2u);
  EXPECT_EQ(out.hu_curves[0].organ, "Brainstem");
  EXPECT_EQ(out.hu_curves[0].curve.logits, (std::vector<double>{1.5, 0}));
  EXPECT_EQ(out.hu_curves[0].source, "here");
  EXPECT_EQ(out.hu_curves[1].organ, "Larynx");
  EXPECT_EQ(out.hu_curves[1].curve.logits, (std::vector<double>{2})) << "takes no curve";
  EXPECT_EQ(out.hu_curves[1].source, "experts");
  ASSERT_EQ(out.organ_ends.size(), 1u) << "none were found for the brain stem";
  EXPECT_EQ(out.organ_ends[0].organ, "Larynx");
  EXPECT_EQ(out.organ_ends[0].lower_mm, 6);
}

}  // namespace
}  // namespace anatomynet::adaptation

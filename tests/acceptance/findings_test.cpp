#include "acceptance/findings.h"

#include <gtest/gtest.h>

#include "acceptance/compared.h"

namespace anatomynet::acceptance {
namespace {

using test::case_of;
using test::compared;

std::vector<std::string> codes_of(const std::vector<Finding>& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings) codes.push_back(finding.code);
  return codes;
}

using Codes = std::vector<std::string>;

TEST(Findings, AGoodCohortHasNone) {
  std::vector<ComparedCase> cases{
      case_of("a", 1,
              {compared("Parotid_L", 0.8, {50, 0, 0}, {51, 0, 0}), compared("Parotid_R", 0.8, {-50, 0, 0})}),
      case_of("b", 2, {compared("Parotid_L", 0.4, {45, 0, 0}, {46, 9, 0}), compared("Brainstem", 0.2)})};
  EXPECT_EQ(codes_of(find_faults({}, cases, nullptr)), Codes{});
}

TEST(Findings, ExchangedSidesAreFoundByTheOtherSideAndByTheTwin) {
  std::vector<ComparedCase> cases{
      case_of("a", 1, {compared("Parotid_L", 0, {-50, 0, 0}, {50, 0, 0}), compared("Brainstem", 0.8)}),
      case_of("b", 2, {compared("Parotid_L", 0.1, {-50, 0, 0}), compared("Parotid_R", 0.1, {50, 0, 0})})};
  cases[0].organs[0].other_side_dice = 0.8;
  const auto found = find_faults({}, cases, nullptr);
  EXPECT_EQ(codes_of(found), (Codes{"sides-exchanged", "sides-exchanged"}));
  EXPECT_TRUE(found[0].left_out);
  EXPECT_FALSE(cases[0].organs[0].left_out.empty());
  EXPECT_TRUE(cases[0].organs[1].left_out.empty()) << "the brain stem has no side";
  EXPECT_FALSE(cases[1].organs[0].left_out.empty());
}

TEST(Findings, AWrongCtIsFoundByTheCaseThatTheContoursFit) {
  std::vector<ComparedCase> cases{
      case_of("a", 1,
              {compared("Parotid_L", 0.1, {150, 0, 0}, {50, 0, 0}), compared("Brainstem", 0, {100, 0, 0})}),
      case_of("b", 2,
              {compared("Parotid_L", 0.9, {149, 0, 0}, {149, 2, 0}),
               compared("Brainstem", 0.9, {101, 0, 0}, {101, 0, 0})})};
  const auto found = find_faults({}, cases, nullptr);
  ASSERT_EQ(codes_of(found), Codes{"wrong-ct"});
  EXPECT_EQ(found[0].cases, Codes{"a"});
  EXPECT_NE(found[0].text.find("where b has these organs"), std::string::npos) << found[0].text;
  EXPECT_FALSE(cases[0].organs[0].left_out.empty());
}

TEST(Findings, AWrongCtIsFoundByContoursThatLookWrongOnIt) {
  std::vector<ComparedCase> cases{case_of("a", 1, {compared("Parotid_L", 0.1), compared("Brainstem", 0)})};
  for (ComparedOrgan& organ : cases[0].organs) organ.truth_flags = {"surroundings"};
  EXPECT_EQ(codes_of(find_faults({}, cases, nullptr)), Codes{"wrong-ct"});
}

TEST(Findings, AModelThatFailsIsNotExcused) {
  std::vector<ComparedCase> cases{case_of("a", 1, {compared("Parotid_L", 0.1), compared("Brainstem", 0)})};
  for (ComparedOrgan& organ : cases[0].organs) organ.truth_flags = organ.model_flags = {"surroundings"};
  const auto found = find_faults({}, cases, nullptr);
  EXPECT_EQ(codes_of(found), Codes{"no-overlap"});
  EXPECT_FALSE(found[0].left_out);
  EXPECT_TRUE(cases[0].organs[0].left_out.empty());
}

TEST(Findings, AnOrganOfAnotherPatientIsNamed) {
  std::vector<ComparedCase> cases{
      case_of("a", 1, {compared("Parotid_L", 0, {50, 0, 90}, {50, 0, 0}), compared("Brainstem", 0.8)})};
  EXPECT_EQ(codes_of(find_faults({}, cases, nullptr)), Codes{"other-place"});
  EXPECT_TRUE(cases[0].organs[0].left_out.empty()) << "nothing tells who is wrong";
  cases[0].organs[0].truth_flags = {"place"};
  const auto found = find_faults({}, cases, nullptr);
  EXPECT_TRUE(found[0].left_out);
  EXPECT_EQ(found[0].organ, "Parotid_L");
}

TEST(Findings, OneScanTwiceCountsOnce) {
  CtVolume ct;
  ct.grid.size = {32, 32, 16};
  ct.grid.spacing = {4, 4, 4};
  ct.voxels.resize(static_cast<std::size_t>(ct.grid.voxel_count()));
  for (std::size_t i = 0; i < ct.voxels.size(); ++i) ct.voxels[i] = static_cast<std::int16_t>(i * 7919 % 500);
  std::vector<ComparedCase> cases{case_of("a", 1, {compared("Parotid_L", 0.8)}),
                                  case_of("b", 2, {compared("Parotid_L", 0.7), compared("Brainstem", 0.7)})};
  for (ComparedCase& c : cases) c.scan = curation::describe_scan(ct);
  const auto found = find_faults({}, cases, nullptr);
  ASSERT_EQ(codes_of(found), Codes{"same-scan-twice"});
  EXPECT_EQ(found[0].cases, (Codes{"a", "b"}));
  EXPECT_TRUE(cases[0].organs[0].left_out.empty());
  EXPECT_FALSE(cases[1].organs[0].left_out.empty());
  EXPECT_TRUE(cases[1].organs[1].left_out.empty()) << "only the second has it";
}

TEST(Findings, ACaseOfWhichNothingIsLeftIsNamed) {
  std::vector<ComparedCase> cases{case_of("a", 1, {})};
  cases[0].rois.push_back({"Parotis li", "", "rejected: all its contours lie outside the CT", 0});
  const auto found = find_faults({}, cases, nullptr);
  ASSERT_EQ(codes_of(found), Codes{"nothing-compared"});
  EXPECT_NE(found[0].text.find("outside the CT"), std::string::npos);
}

TEST(Findings, DoubtsAndRangesAreRepeated) {
  std::vector<ComparedCase> cases{case_of("a", 1, {compared("Parotid_L", 0.8)})};
  cases[0].arrival.figures = {{"pixel_mm", 1.0}, {"slice_mm", 2.5}};
  cases[0].arrival.flags[""] = {"soft-tissue-hu"};
  cases[0].jump_mm = -12;
  const TrainedOn known{"m", {2.7, 5.4}, {1.5, 3.3}, "s"};
  const auto found = find_faults({{{"a"}, "two names"}}, cases, &known);
  EXPECT_EQ(codes_of(found), (Codes{"two-patients", "slices-do-not-fit", "outside-training-range"}));
  EXPECT_NE(found[2].text.find("1.00 mm"), std::string::npos);
  EXPECT_NE(found[2].text.find("soft-tissue-hu"), std::string::npos);
}

}  // namespace
}  // namespace anatomynet::acceptance

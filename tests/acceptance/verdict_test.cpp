#include "acceptance/verdict.h"

#include <cmath>

#include <gtest/gtest.h>

#include "acceptance/compared.h"
#include "core/known_organs.h"

namespace anatomynet::acceptance {
namespace {

using test::case_of;
using test::compared;

model::ModelInfo model_of(const char* organ) {
  model::ModelInfo info;
  info.organs = {*find_organ(known_organs(), organ)};
  return info;
}

// Parotid glands on 1 mm pixels: use from 0.81, care from 0.71.
OrganVerdict verdict_of(const std::vector<ComparedCase>& cases) {
  return judge(cases, model_of("Parotid_L"), shipped_criteria()).at(0);
}

std::vector<ComparedCase> cohort(int count, double dice, double scatter = 0.01) {
  std::vector<ComparedCase> cases;
  for (int i = 0; i < count; ++i)
    cases.push_back(
        case_of(std::to_string(i), i + 1, {compared("Parotid_L", dice + (i % 2 ? scatter : -scatter))}));
  return cases;
}

bool says(const OrganVerdict& v, const char* words) { return v.sentence().find(words) != std::string::npos; }

TEST(Verdict, LevelsDecide) {
  EXPECT_EQ(verdict_of(cohort(20, 0.90)).verdict, Verdict::use);
  EXPECT_EQ(verdict_of(cohort(20, 0.78)).verdict, Verdict::care);
  EXPECT_EQ(verdict_of(cohort(20, 0.60)).verdict, Verdict::refuse);
  const OrganVerdict unsure = verdict_of(cohort(20, 0.82, 0.15));
  EXPECT_EQ(unsure.verdict, Verdict::care);
  EXPECT_EQ(unsure.levels[0].state, JudgedLevel::State::unsure);
  EXPECT_TRUE(says(unsure, "do not show it")) << unsure.sentence();
}

TEST(Verdict, FewPatientsAreNoAcceptance) {
  EXPECT_EQ(verdict_of(cohort(9, 0.90)).verdict, Verdict::care);
  EXPECT_EQ(verdict_of(cohort(2, 0.90)).verdict, Verdict::refuse);
  auto cases = cohort(20, 0.90);
  for (ComparedCase& c : cases) c.patient = 1;
  const OrganVerdict one = verdict_of(cases);
  EXPECT_EQ(one.verdict, Verdict::refuse);
  EXPECT_TRUE(says(one, "1 patient cannot show anything")) << one.sentence();
}

TEST(Verdict, AnOrganThatWasNotTestedIsNotUsed) {
  const OrganVerdict v = verdict_of({case_of("a", 1, {compared("Brainstem", 0.9)})});
  EXPECT_EQ(v.verdict, Verdict::refuse);
  EXPECT_TRUE(says(v, "not tested")) << v.sentence();
}

TEST(Verdict, FailuresCountAndWhatIsLeftOutDoesNot) {
  auto cases = cohort(20, 0.92);
  cases[3].organs[0].metrics.dice = 0.1;
  cases[4].organs[0].metrics.dice = 0;
  const OrganVerdict failing = verdict_of(cases);
  EXPECT_EQ(failing.failed_cases, (std::vector<std::string>{"3", "4"}));
  EXPECT_EQ(failing.verdict, Verdict::care);
  for (const int i : {3, 4}) cases[static_cast<std::size_t>(i)].organs[0].left_out = "sides";
  const OrganVerdict rest = verdict_of(cases);
  EXPECT_EQ(rest.verdict, Verdict::use) << rest.sentence();
  EXPECT_EQ(rest.cases, 18u);
  EXPECT_EQ(rest.left_out, 2u);
}

TEST(Verdict, ASystematicEndIsNamedAndAnUnsureOneIsNot) {
  auto cases = cohort(20, 0.90);
  for (ComparedCase& c : cases) c.organs[0].above_mm = 12 + (c.patient % 3);
  const OrganVerdict v = verdict_of(cases);
  EXPECT_EQ(v.verdict, Verdict::care);
  EXPECT_TRUE(says(v, "reaches above the clinic's upper end by 13.")) << v.sentence();
  for (ComparedCase& c : cases) c.organs[0].above_mm = c.patient % 2 ? 40 : -28;
  EXPECT_EQ(verdict_of(cases).verdict, Verdict::use);
}

TEST(Verdict, ScansOfOnePatientWidenTheInterval) {
  auto cases = cohort(20, 0.85, 0.1);
  const auto width = [](const OrganVerdict& v) {
    return v.levels[0].interval.high - v.levels[0].interval.low;
  };
  const double apart = width(verdict_of(cases));
  for (std::size_t i = 0; i < cases.size(); ++i)
    cases[i].patient = i % 2 ? 1 + static_cast<int>(i) / 5 : 11 + static_cast<int>(i) / 5;
  EXPECT_GT(width(verdict_of(cases)), 1.3 * apart);
}

TEST(Verdict, WeakEvidenceAndLessThanStatedMeanCare) {
  model::ModelInfo info = model_of("Parotid_L");
  model::OrganEvidence evidence;
  evidence.organ = "Parotid_L";
  evidence.training_scans = 100;
  evidence.scans = 30;
  evidence.dice = 0.97;
  evidence.against = "clinic";
  info.evidence = {evidence};
  EXPECT_EQ(judge(cohort(20, 0.90), info, shipped_criteria())[0].verdict, Verdict::care);
  info.evidence[0].dice = 0.93;
  EXPECT_EQ(judge(cohort(20, 0.90), info, shipped_criteria())[0].verdict, Verdict::use);
  info.evidence[0].training_scans = 6;
  EXPECT_EQ(judge(cohort(20, 0.90), info, shipped_criteria())[0].verdict, Verdict::care);
}

TEST(CasesNeeded, AgreesWithTheTableOfTheNormalFormula) {
  // n = ((1.959964 + 0.841621) / d)^2 + 1.92 for a standardised difference d
  EXPECT_EQ(evaluation::cases_needed(0.5, 1), 34u);     // G*Power: 34 for a one-sample t test
  EXPECT_EQ(evaluation::cases_needed(0.03, 0.1), 90u);  // G*Power: 90
  EXPECT_EQ(evaluation::cases_needed(0.03, std::nan("")), 0u);
  EXPECT_NEAR(evaluation::normal_quantile(0.975), 1.959963985, 1e-8);
}

}  // namespace
}  // namespace anatomynet::acceptance

#include "service/rules.h"

#include <cmath>

#include <gtest/gtest.h>

namespace {

using namespace anatomynet::service;

std::vector<Rule> two_rules() {
  Rule neck;
  neck.name = "neck";
  neck.match = {
      {"Modality", {"CT"}, {}}, {"StudyDescription", {"*neck*"}, {}}, {"CallingAE", {"SCANNER?"}, {}}};
  neck.slices = {40, 600};
  neck.field_mm.min = 150;
  Rule rest;
  rest.name = "rest";
  return {neck, rest};
}

SeriesFacts neck_ct() {
  SeriesFacts facts;
  facts.tags = {{"Modality", "CT"}, {"StudyDescription", "Neck of Doe"}};
  facts.calling_ae = "SCANNER1";
  facts.slices = 100;
  facts.field_mm = 500;
  return facts;
}

TEST(Rules, TheFirstThatTakesASeriesIsChosen) {
  const auto rules = two_rules();
  EXPECT_EQ(choose(rules, neck_ct()), &rules[0]);
  EXPECT_EQ(choose(rules, {}), &rules[1]);
  EXPECT_EQ(choose({rules[0]}, {}), nullptr);
}

TEST(Rules, EveryConditionMustHold) {
  const auto rules = two_rules();
  SeriesFacts facts = neck_ct();
  facts.slices = 39;
  EXPECT_EQ(choose(rules, facts), &rules[1]);
  facts.slices = 600;
  EXPECT_EQ(choose(rules, facts), &rules[0]);
  facts.field_mm = std::nan("");
  EXPECT_EQ(choose(rules, facts), &rules[1]);
  facts = neck_ct();
  facts.calling_ae = "OTHER";
  EXPECT_EQ(choose(rules, facts), &rules[1]);
}

TEST(Rules, ExplanationsSayWhatDidNotHold) {
  const auto rules = two_rules();
  SeriesFacts facts = neck_ct();
  facts.tags["Modality"] = "MR";
  facts.slices = 20;
  const auto why = explain(rules, facts);
  ASSERT_EQ(why.size(), 2U);
  EXPECT_FALSE(why[0].takes);
  EXPECT_EQ(why[0].reasons, (std::vector<std::string>{"Modality = \"CT\", it is MR",
                                                      "slices at least 40, at most 600, it has 20"}));
  EXPECT_TRUE(why[1].takes);
  EXPECT_EQ(why[1].reasons, std::vector<std::string>{"it takes every series"});
}

TEST(Rules, ExplanationsHoldNoFreeText) {
  const auto rules = two_rules();
  for (const std::string modality : {"CT", "MR"}) {
    SeriesFacts facts = neck_ct();
    facts.tags["StudyDescription"] = modality == "CT" ? "Neck of Doe" : "Knee of Doe";
    for (const Explanation& one : explain(rules, facts))
      for (const std::string& reason : one.reasons)
        EXPECT_EQ(reason.find("Doe"), std::string::npos) << reason;
  }
}

}  // namespace

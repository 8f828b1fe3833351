#include "service/tag_match.h"

#include <gtest/gtest.h>

namespace {

using namespace anatomynet::service;

TEST(FitsPattern, TakesStarsAndQuestionMarks) {
  EXPECT_TRUE(fits_pattern("CT", "CT"));
  EXPECT_FALSE(fits_pattern("CT", "C"));
  EXPECT_FALSE(fits_pattern("CT", "CTA"));
  EXPECT_TRUE(fits_pattern("Head and Neck plan", "*neck*"));
  EXPECT_FALSE(fits_pattern("Head", "*neck*"));
  EXPECT_TRUE(fits_pattern("SCANNER7", "scanner?"));
  EXPECT_FALSE(fits_pattern("SCANNER", "scanner?"));
  EXPECT_FALSE(fits_pattern("SCANNER12", "scanner?"));
  EXPECT_TRUE(fits_pattern("aXbXc", "a*x*c"));
  EXPECT_TRUE(fits_pattern("mississippi", "m*iss*ip*"));
  EXPECT_FALSE(fits_pattern("mississippi", "m*iss*ipx*"));
}

TEST(FitsPattern, LeavesBlanksAtTheEndsAside) {
  EXPECT_TRUE(fits_pattern(" CT ", "CT"));
  EXPECT_TRUE(fits_pattern("", "*"));
  EXPECT_TRUE(fits_pattern("   ", "**"));
  EXPECT_FALSE(fits_pattern("", "?*"));
}

TEST(FitsPattern, CountsCharactersNotBytes) {
  EXPECT_TRUE(fits_pattern("Schädel", "Sch?del"));
  EXPECT_TRUE(fits_pattern("頸部", "??"));
  EXPECT_FALSE(fits_pattern("頸部", "?"));
}

TEST(FitsPattern, EndsSoonForPatternsOfManyStars) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(fits_pattern(std::string(5000, 'a'), pattern + "b"));
}

TEST(TagMatch, TakesOneOfTheWantedAndNoneOfTheUnwanted) {
  const TagMatch match{"ProtocolName", {"*neck*", "*hals*"}, {"*brain*"}};
  EXPECT_TRUE(match.fits("HNO Hals"));
  EXPECT_TRUE(match.fits("neck"));
  EXPECT_FALSE(match.fits("neck and brain"));
  EXPECT_FALSE(match.fits("thorax"));
  EXPECT_FALSE(match.fits(""));
  EXPECT_EQ(match.text(), "ProtocolName = [\"*neck*\", \"*hals*\", \"!*brain*\"]");
}

TEST(TagMatch, LooksAtEveryValue) {
  const TagMatch axial{"ImageType", {"AXIAL"}, {}}, no_scout{"ImageType", {}, {"LOCALIZER"}};
  EXPECT_TRUE(axial.fits("ORIGINAL\\PRIMARY\\AXIAL"));
  EXPECT_TRUE(no_scout.fits("ORIGINAL\\PRIMARY\\AXIAL"));
  EXPECT_FALSE(no_scout.fits("ORIGINAL\\PRIMARY\\LOCALIZER"));
  EXPECT_TRUE(no_scout.fits(""));
}

TEST(MatchKeys, HoldNothingThatTellsPatientsApart) {
  for (const MatchKey& key : match_keys()) EXPECT_NE(key.group, 0x0010) << key.keyword;
}

}  // namespace

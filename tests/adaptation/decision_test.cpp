#include "adaptation/decision.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace anatomynet::adaptation {
namespace {

// Cases of one organ, from pairs of Dice before and after.
std::vector<HeldOutCase> cases_of(const std::string& organ,
                                  const std::vector<std::pair<double, double>>& dice) {
  std::vector<HeldOutCase> cases;
  for (const auto& [before, after] : dice) {
    HeldOutOrgan o;
    o.organ = organ;
    o.compared = true;
    o.before.dice = before;
    o.after.dice = after;
    o.agreement = 0.95;
    cases.push_back({"case" + std::to_string(cases.size()), {o}, {}});
  }
  return cases;
}

OrganOutcome judged(const std::vector<std::pair<double, double>>& dice, bool learnt, bool fresh = false) {
  const std::vector<std::string> organ{"Brainstem"};
  return judge(cases_of("Brainstem", dice), learnt ? organ : std::vector<std::string>{},
               fresh ? organ : std::vector<std::string>{}, {})
      .at(0);
}

TEST(Decision, AsksForAGainThatTheIntervalShows) {
  const OrganOutcome clear = judged({{0.6, 0.7}, {0.65, 0.72}, {0.7, 0.78}, {0.5, 0.66}}, true);
  EXPECT_TRUE(clear.gained) << clear.why;
  EXPECT_NEAR(clear.difference, 0.1025, 1e-12);
  // Student's: sd 0.040311, t = 3.1824 of 3 degrees of freedom.
  EXPECT_NEAR(clear.low, 0.1025 - 3.182446 * 0.0403113 / 2, 1e-6);
  EXPECT_NEAR(clear.high, 0.1025 + 3.182446 * 0.0403113 / 2, 1e-6);
  const OrganOutcome uneven = judged({{0.6, 0.9}, {0.65, 0.60}, {0.7, 0.68}, {0.5, 0.48}}, true);
  EXPECT_GT(uneven.difference, 0.01);
  EXPECT_FALSE(uneven.gained) << uneven.why;
  const OrganOutcome small = judged({{0.6, 0.605}, {0.65, 0.655}, {0.7, 0.705}, {0.5, 0.505}}, true);
  EXPECT_GT(small.low, 0);
  EXPECT_FALSE(small.gained) << small.why;
}

TEST(Decision, AsksForThreeCases) {
  EXPECT_FALSE(judged({{0.1, 0.9}, {0.1, 0.9}}, true).gained);
  EXPECT_TRUE(judged({{0.1, 0.9}, {0.1, 0.9}, {0.2, 0.8}}, true).gained);
}

TEST(Decision, AsksANewOrganForItsDice) {
  EXPECT_TRUE(judged({{0, 0.6}, {0, 0.5}, {0, 0.7}}, true, true).gained);
  EXPECT_FALSE(judged({{0, 0.4}, {0, 0.3}, {0, 0.6}}, true, true).gained);
}

TEST(Decision, KeptOrgansMustStay) {
  EXPECT_FALSE(judged({{0.8, 0.795}, {0.7, 0.69}, {0.6, 0.605}}, false).lost);
  EXPECT_TRUE(judged({{0.8, 0.78}, {0.7, 0.69}, {0.6, 0.59}}, false).lost);
  auto nobody = cases_of("Brainstem", {{0, 0}, {0, 0}, {0, 0}});
  for (HeldOutCase& c : nobody) c.organs[0].compared = false;
  EXPECT_FALSE(judge(nobody, {}, {}, {}).at(0).lost);
  for (HeldOutCase& c : nobody) c.organs[0].agreement = 0.85;
  EXPECT_TRUE(judge(nobody, {}, {}, {}).at(0).lost);
}

TEST(Decision, LeadsToTheNextRound) {
  OrganOutcome good, bad, kept;
  good.learnt = bad.learnt = good.gained = true;
  EXPECT_EQ(next_after({good, kept}), Next::offer);
  EXPECT_EQ(next_after({good, bad, kept}), Next::fewer);
  EXPECT_EQ(next_after({bad, kept}), Next::nothing);
  kept.lost = true;
  EXPECT_EQ(next_after({good, kept}), Next::hold_firmer);
  EXPECT_EQ(next_after({good, bad, kept}), Next::fewer);
}

TEST(Decision, HeldOutCasesSurviveTheirFile) {
  HeldOutCase c = cases_of("Brainstem", {{0.123456789, 0.25}}).at(0);
  c.organs[0].after.hd95_mm = 3.25;
  c.moved["OpticChiasm"][2] = {0.5, -1, 2};
  const HeldOutCase back = held_out_from(to_json(c));
  EXPECT_EQ(to_json(back), to_json(c));
  EXPECT_EQ(back.organs[0].before.dice, 0.123456789);
  EXPECT_FALSE(back.organs[0].before.hd95_mm);
  EXPECT_EQ(back.moved.at("OpticChiasm").at(2)[1], -1);
}

}  // namespace
}  // namespace anatomynet::adaptation

#include "adaptation/recipe.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "adaptation/folds.h"

namespace anatomynet::adaptation {
namespace {

TEST(Folds, HoldEveryScanOutOnce) {
  for (const std::size_t scans : {3u, 4u, 5u, 6u, 23u, 50u}) {
    const auto part = parts_of(scans, 7);
    ASSERT_EQ(part.size(), scans);
    std::vector<std::size_t> sizes(part_count(scans));
    for (const std::size_t p : part) ++sizes.at(p);
    EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()),
              *std::min_element(sizes.begin(), sizes.end()) + 1);
    EXPECT_GE(*std::min_element(sizes.begin(), sizes.end()), 1u);
    EXPECT_EQ(parts_of(scans, 7), part);
  }
  EXPECT_EQ(part_count(4), 4u);
  EXPECT_EQ(part_count(50), 5u);
  EXPECT_NE(parts_of(23, 1), parts_of(23, 2));
}

model::ModelInfo parent() {
  model::ModelInfo info;
  info.name = "parent";
  info.architecture = "AnatomyNet";
  info.organs = standard_organs();
  return info;
}

TEST(Recipe, HoldsTheFirstThirdOfTheLayers) {
  EXPECT_EQ(held_layers("AnatomyNet"), (std::vector<std::string>{"conv1", "bn1", "layer1", "layer2"}));
  for (const std::string& name : network::architectures()) {
    const auto held = held_layers(name);
    const auto network = network::make_network(name, 3);
    EXPECT_FALSE(held.empty());
    EXPECT_LT(held.size(), network->named_children().size()) << name;
  }
}

TEST(Recipe, FlipsOnlyWhereBothSidesAreLearnt) {
  Recipe recipe{.learnt = {"Brainstem", "Parotid_L", "Parotid_R"}};
  EXPECT_TRUE(options_of(recipe, parent(), "w", standard_organs(), 10).augment.flip);
  recipe.learnt = {"Brainstem", "Parotid_L"};
  EXPECT_FALSE(options_of(recipe, parent(), "w", standard_organs(), 10).augment.flip);
}

TEST(Recipe, TakesStepsByTheNumberOfCases) {
  EXPECT_EQ(steps_for(3), 120);
  EXPECT_EQ(steps_for(10), 160);
  EXPECT_EQ(steps_for(50), 400);
  const Recipe recipe{.learnt = {"Brainstem"}, .steps = 160};
  EXPECT_EQ(options_of(recipe, parent(), "w", standard_organs(), 8).phases.at(0).epochs, 20);
}

TEST(Recipe, CropsAreNotLargerThanTheImages) {
  const Recipe recipe{.learnt = {"Brainstem"}, .largest = {24, 30, 500}};
  EXPECT_EQ(options_of(recipe, parent(), "w", standard_organs(), 8).phases.at(0).crop, (Size3{24, 32, 56}));
}

}  // namespace
}  // namespace anatomynet::adaptation

#include "inference/onednn/memory_plan.h"

#include <random>

#include <gtest/gtest.h>

namespace anatomynet::inference {
namespace {

TEST(PlanMemory, KeepsApartWhatLivesAtOnce) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lives;
    for (int i = 0; i < 25; ++i) {
      const int first = static_cast<int>(random() % 14);
      lives.push_back(
          {static_cast<std::int64_t>(random() % 5000), first, first + static_cast<int>(random() % 5)});
    }
    const MemoryPlan plan = plan_memory(lives);
    for (std::size_t i = 0; i < lives.size(); ++i) {
      EXPECT_EQ(plan.offsets[i] % 64, 0);
      EXPECT_LE(plan.offsets[i] + lives[i].bytes, plan.total);
      for (std::size_t j = 0; j < i; ++j) {
        const bool overlap_in_time = lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
        const bool apart = plan.offsets[i] + lives[i].bytes <= plan.offsets[j] ||
                           plan.offsets[j] + lives[j].bytes <= plan.offsets[i];
        ASSERT_TRUE(!overlap_in_time || apart) << i << ' ' << j;
      }
    }
  }
}

TEST(PlanMemory, ReusesWhatIsFree) {
  // A chain in which each buffer is read for the next needs two.
  std::vector<Lifetime> chain;
  for (int i = 0; i < 9; ++i) chain.push_back({640, i, i + 1});
  EXPECT_EQ(plan_memory(chain).total, 1280);
  EXPECT_EQ(plan_memory({}).total, 0);
}

}  // namespace
}  // namespace anatomynet::inference

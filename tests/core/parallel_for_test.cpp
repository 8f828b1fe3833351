#include "core/parallel_for.h"

#include <atomic>
#include <stdexcept>

#include <gtest/gtest.h>

namespace anatomynet::core {
namespace {

TEST(ParallelFor, RunsEachTaskOnce) {
  for (const int threads : {0, 1, 2, 7}) {
    std::vector<std::atomic<int>> runs(23);
    std::vector<std::function<void()>> tasks;
    for (auto& r : runs) tasks.push_back([&r] { ++r; });
    parallel_for(tasks, threads);
    for (const auto& r : runs) EXPECT_EQ(r, 1);
  }
  parallel_for({}, 4);
}

TEST(ParallelFor, ThrowsTheFirstFailureAfterAllHaveEnded) {
  std::atomic<int> ended{0};
  const auto task = [&] { ++ended; };
  try {
    parallel_for({task, [] { throw std::runtime_error("second"); }, task,
                  [] { throw std::logic_error("fourth"); }, task},
                 3);
    FAIL();
  } catch (const std::exception& e) {
    EXPECT_STREQ(e.what(), "second");
  }
  EXPECT_EQ(ended, 3);
}

}  // namespace
}  // namespace anatomynet::core

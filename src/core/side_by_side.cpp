#include "core/side_by_side.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace anatomynet {

void side_by_side(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::vector<std::exception_ptr> failures(count);
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < threads && others.size() + 1 < count; ++t) others.emplace_back(run);
  run();
  others.clear();  // waits
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void side_by_side(const std::vector<std::function<void()>>& tasks, int threads) {
  side_by_side(tasks.size(), threads, [&](std::size_t i) { tasks[i](); });
}

int all_cores() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

}  // namespace anatomynet

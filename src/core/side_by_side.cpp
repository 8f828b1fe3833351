#include "core/side_by_side.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace anatomynet {

void side_by_side(const std::vector<std::function<void()>>& tasks, int threads) {
  std::vector<std::exception_ptr> failures(tasks.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < tasks.size(); i = next++) {
      try {
        tasks[i]();
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < threads && others.size() + 1 < tasks.size(); ++t) others.emplace_back(work);
  work();
  others.clear();  // waits
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace anatomynet

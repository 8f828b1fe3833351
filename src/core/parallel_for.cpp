#include "core/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>
#include <system_error>
#include <thread>

#include "core/cpus.h"

namespace anatomynet::core {

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  if (threads <= 0) threads = usable_cpus();
  const std::size_t workers = std::min(count, static_cast<std::size_t>(threads));
  if (workers <= 1) {
    threads = usable_cpus();
  } else {
    threads = usable_cpus() / static_cast<int>(workers);
  }
  std::vector<std::exception_ptr> failures(count);
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    const CpuShare share(threads);
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < workers) others.emplace_back(run);
    } catch (const std::system_error&) {  // no room for another
    } catch (const std::bad_alloc&) {
    }
    run();
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void parallel_for(const std::vector<std::function<void()>>& tasks, int threads) {
  parallel_for(tasks.size(), threads, [&](std::size_t i) { tasks[i](); });
}

}  // namespace anatomynet::core

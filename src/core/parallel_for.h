#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include "core/names.h"

namespace anatomynet::core {

/// Calls work(i) for 0 <= i < count on up to `threads` threads (0: `usable_cpus()`) and returns when all have
/// ended. If any threw, the exception of the lowest i is thrown again. The threads share the CPUs of the
/// calling one (core/cpus.h), which works too; where the system cannot start another thread, fewer are used.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work);
void parallel_for(const std::vector<std::function<void()>>& tasks, int threads = 0);

}  // namespace anatomynet::core

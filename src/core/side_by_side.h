#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace anatomynet {

/// Calls work(i) for 0 <= i < count on up to `threads` threads and returns when all have ended. What the
/// first of them, in their order, threw is thrown again.
void side_by_side(std::size_t count, int threads, const std::function<void(std::size_t)>& work);
void side_by_side(const std::vector<std::function<void()>>& tasks, int threads);

/// Threads that this machine runs at a time, at least 1.
int all_cores();

}  // namespace anatomynet

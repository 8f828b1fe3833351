#pragma once
#include <functional>
#include <vector>

namespace anatomynet {

/// Runs independent tasks on up to `threads` threads and returns when all have ended. What the first of them,
/// in their order, threw is thrown again.
void side_by_side(const std::vector<std::function<void()>>& tasks, int threads);

}  // namespace anatomynet

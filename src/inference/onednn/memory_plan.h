#pragma once
#include <cstdint>
#include <vector>

namespace anatomynet::inference {

/// A buffer that lives from step `first` to step `last`, both included.
struct Lifetime {
  std::int64_t bytes = 0;
  int first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;  ///< one a lifetime, multiples of 64
  std::int64_t total = 0;
};

/// Places buffers into one block so that those alive at the same step do not overlap: the longest lives
/// first, or the largest first, whichever takes less; each at the lowest offset that is free through its
/// life.
MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes);

}  // namespace anatomynet::inference

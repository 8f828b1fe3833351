#include "inference/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace anatomynet {

MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes) {
  const auto rounded = [](std::int64_t bytes) { return (bytes + 63) / 64 * 64; };
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  // Long lives first among the large: they are what the others must fit around.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto span = [&](std::size_t i) { return lifetimes[i].last - lifetimes[i].first; };
    return span(a) != span(b) ? span(a) > span(b) : lifetimes[a].bytes > lifetimes[b].bytes;
  });
  MemoryPlan plan;
  plan.offsets.assign(lifetimes.size(), 0);
  std::vector<std::size_t> placed;
  for (const std::size_t i : order) {
    std::vector<std::pair<std::int64_t, std::int64_t>> taken;
    for (const std::size_t j : placed)
      if (lifetimes[j].first <= lifetimes[i].last && lifetimes[i].first <= lifetimes[j].last)
        taken.emplace_back(plan.offsets[j], plan.offsets[j] + rounded(lifetimes[j].bytes));
    std::sort(taken.begin(), taken.end());
    std::int64_t at = 0;
    const std::int64_t size = rounded(lifetimes[i].bytes);
    for (const auto& [begin, end] : taken) {
      if (begin - at >= size) break;
      at = std::max(at, end);
    }
    plan.offsets[i] = at;
    plan.total = std::max(plan.total, at + size);
    placed.push_back(i);
  }
  return plan;
}

}  // namespace anatomynet

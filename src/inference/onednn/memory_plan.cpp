#include "inference/onednn/memory_plan.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace anatomynet::inference {
namespace {

std::int64_t rounded(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

// Places one after the other, each at the lowest offset that is free through its life.
MemoryPlan placed_in(const std::vector<std::size_t>& order, const std::vector<Lifetime>& lifetimes) {
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

}  // namespace

MemoryPlan plan_memory(const std::vector<Lifetime>& lifetimes) {
  const auto span = [&](std::size_t i) { return lifetimes[i].last - lifetimes[i].first; };
  const auto largest = std::max_element(lifetimes.begin(), lifetimes.end(),
                                        [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  // Outwards from the largest: of a chain of equals each then meets one neighbour that is placed, not two.
  const auto distance = [&](std::size_t i) { return std::abs(lifetimes[i].first - largest->first); };
  const auto by_size = [&](std::size_t a, std::size_t b) {
    return lifetimes[a].bytes != lifetimes[b].bytes ? lifetimes[a].bytes > lifetimes[b].bytes
                                                    : distance(a) < distance(b);
  };
  const auto by_span = [&](std::size_t a, std::size_t b) {
    return span(a) != span(b) ? span(a) > span(b) : by_size(a, b);
  };
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), by_span);
  const MemoryPlan first = placed_in(order, lifetimes);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), by_size);
  const MemoryPlan second = placed_in(order, lifetimes);
  return second.total < first.total ? second : first;
}

}  // namespace anatomynet::inference

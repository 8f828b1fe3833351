#include "adaptation/folds.h"

#include <algorithm>

#include "training/data/sampler.h"

namespace anatomynet::adaptation {

std::size_t part_count(std::size_t scans) { return std::min<std::size_t>(scans, 5); }

std::vector<std::size_t> parts_of(std::size_t scans, std::uint64_t seed) {
  const std::vector<std::size_t> order = training::order_of(seed, 0, scans);
  std::vector<std::size_t> part(scans);
  for (std::size_t i = 0; i < scans; ++i) part[order[i]] = i % part_count(scans);
  return part;
}

}  // namespace anatomynet::adaptation

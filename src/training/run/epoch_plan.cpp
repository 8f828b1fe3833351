#include "training/run/epoch_plan.h"

#include <algorithm>

#include "training/data/sampler.h"
#include "training/distributed/data_parallel.h"

namespace anatomynet::training {

EpochPlan::EpochPlan(const std::vector<std::size_t>& visits, std::uint64_t seed, std::int64_t epoch,
                     std::int64_t accumulate, const ProcessGroup& processes)
    : visits_(visits),
      seed_(seed),
      epoch_(epoch),
      accumulate_(accumulate),
      processes_(processes),
      order_(order_of(seed, epoch, visits.size())) {}

std::int64_t EpochPlan::end_of_group(std::int64_t first) const {
  return std::min(first + accumulate_ * processes_.size(), static_cast<std::int64_t>(visits_.size()));
}

std::vector<std::int64_t> EpochPlan::group(std::int64_t first,
                                           const std::vector<std::int64_t>& skipped) const {
  std::vector<std::int64_t> positions;
  for (std::int64_t i = first; i < end_of_group(first); ++i)
    if (std::find(skipped.begin(), skipped.end(), i) == skipped.end()) positions.push_back(i);
  return positions;
}

std::size_t EpochPlan::case_at(std::int64_t position) const {
  return visits_[order_[static_cast<std::size_t>(position)]];
}

std::vector<SampleRequest> EpochPlan::requests(std::int64_t first, const std::vector<std::int64_t>& skipped,
                                               bool every_turn) const {
  std::vector<SampleRequest> requests;
  for (; first < static_cast<std::int64_t>(visits_.size()); first = end_of_group(first)) {
    const auto positions = group(first, skipped);
    for (const Turn& turn : turns_at(positions.size(), processes_)) {
      if (!turn.counts && !every_turn) continue;
      const std::size_t visit = order_[static_cast<std::size_t>(positions[turn.index])];
      requests.push_back({visits_[visit], mixed_seed(seed_, std::uint64_t(epoch_), visit)});
    }
  }
  return requests;
}

}  // namespace anatomynet::training

#pragma once
#include <cstdint>
#include <vector>

#include "training/data/sample_loader.h"
#include "training/distributed/process_group.h"

namespace anatomynet::training {

/// Which cases an epoch visits, and which of them one update takes. Positions count within the epoch's order;
/// all follows from the seed, the epoch and what was left out, in all processes alike.
class EpochPlan {
 public:
  /// `visits`: training cases by index, one more than once where it is seen more often. An update takes
  /// `accumulate` cases a process.
  EpochPlan(const std::vector<std::size_t>& visits, std::uint64_t seed, std::int64_t epoch,
            std::int64_t accumulate, const ProcessGroup& processes);

  /// One past the last position of the update that starts at `first`.
  std::int64_t end_of_group(std::int64_t first) const;

  /// Its positions, less those in `skipped`.
  std::vector<std::int64_t> group(std::int64_t first, const std::vector<std::int64_t>& skipped) const;

  /// The training case at a position.
  std::size_t case_at(std::int64_t position) const;

  /// This process's samples from position `first` on, in the order in which updates take them.
  /// `every_turn`: also for turns that do not count (data_parallel.h).
  std::vector<SampleRequest> requests(std::int64_t first, const std::vector<std::int64_t>& skipped,
                                      bool every_turn) const;

 private:
  const std::vector<std::size_t>& visits_;
  std::uint64_t seed_;
  std::int64_t epoch_, accumulate_;
  const ProcessGroup& processes_;
  std::vector<std::size_t> order_;
};

}  // namespace anatomynet::training

#pragma once
#include <string>
#include <utility>
#include <vector>

#include "network/network.h"
#include "training/distributed/process_group.h"
#include "training/run/validation.h"

namespace anatomynet::training {

// Training one model in many processes (Li et al. 2020): each has the whole network and takes its share of a
// step's cases; gradients are summed, so that all make the same update.

/// One case of a step's group, as one process meets it.
struct Turn {
  std::size_t index = 0;  ///< in the group
  bool counts = true;     ///< false: the process has no case this time
};

/// This process's turns at a group of `cases`: the cases rank, rank + size, ... All processes have the same
/// number of turns; one that runs out stays with the group's last case, which does not count.
std::vector<Turn> turns_at(std::size_t cases, const ProcessGroup& processes);

/// What went wrong with a case; `why` is empty where nothing did.
struct CaseFailure {
  std::string id;
  std::int64_t position = 0;  ///< in the epoch's order
  std::string why;
};

/// The failure of the lowest rank, the same in all processes.
CaseFailure first_failure(ProcessGroup& processes, const CaseFailure& here);

/// The gradients of all processes and `value` become their sums, in all of them. A parameter that had no
/// gradient here counts as zero.
void sum_gradients(ProcessGroup& processes, const std::vector<torch::Tensor>& parameters, double& value);

/// Makes batch norm's running statistics those of one process that sees a group's cases in their order,
/// though each case is seen by one process alone. The k-th of n cases adds m (1-m)^(n-1-k) times its own
/// statistics, m being the momentum, and what was before keeps (1-m)^n: a sum, which the processes can share.
class RunningStatistics {
 public:
  /// At the start of a group of `cases`; does nothing where the process is alone.
  RunningStatistics(network::Network& network, ProcessGroup& processes, std::size_t cases);
  /// After the pass of case `index` of the group.
  void take(std::size_t index);
  /// After the group, in all processes.
  void finish();

 private:
  ProcessGroup& processes_;
  std::size_t cases_;
  double momentum_ = 0;
  std::vector<torch::Tensor> running_, counters_;
  torch::Tensor before_, gathered_;
  std::vector<torch::Tensor> counted_before_;
};

/// Parameters and buffers become those of process 0.
void broadcast_state(ProcessGroup& processes, network::Network& network);

/// The scores of all validation cases, in their order, from each process's share.
Scores gathered(ProcessGroup& processes, const TrainingSet& set, const Scores& share);

/// Refuses to go on, in all processes alike, where the texts differ between them: Error(usage) naming the
/// first process and the first thing (such as "training cases") that is not as in process 0.
void require_same(ProcessGroup& processes, const std::vector<std::pair<std::string, std::string>>& things);

/// require_same of the set's organs, input and cases, and Error(usage) where there are more processes than
/// training cases.
void require_same_set(ProcessGroup& processes, const TrainingSet& set);

}  // namespace anatomynet::training

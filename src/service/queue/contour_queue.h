#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/queue/contour_child.h"
#include "service/queue/series_activity.h"
#include "service/rules.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// Takes jobs from their first slice to their results in the store. Everything given outlives it.
class ContourQueue {
 public:
  ContourQueue(const NodeConfig& config, const std::vector<Rule>& rules, Store& store,
               SeriesActivity& activity, NodeCounters& counters, Messages& messages);

  /// Jobs whose series are quiet get their plan, or end where no rule wants them contoured.
  void complete_quiet_jobs();

  /// Contours the next job, if there is one; false where there is none. A stopped one is taken up again at
  /// the next start.
  bool contour_next(const std::function<bool()>& stop);

 private:
  void complete(const Job& job);
  void finish(const Job& job, const std::filesystem::path& made);
  void fail(const Job& job, const std::string& reason, Fault fault);
  std::vector<std::string> arguments_of(const Job& job, const std::vector<std::string>& slices) const;
  SeriesFacts facts_of(const Job& job, const std::vector<std::string>& slices);

  const NodeConfig& config_;
  const std::vector<Rule>& rules_;
  Store& store_;
  SeriesActivity& activity_;
  NodeCounters& counters_;
  Messages& messages_;
};

}  // namespace anatomynet::service

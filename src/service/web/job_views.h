#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "service/store/store.h"

namespace anatomynet::service {

/// Jobs as the worklist shows them: what `serve jobs --json` tells, and who sent it, what its contouring says
/// is to be looked at again, where its report is, and which actions fit. For any number of threads.
class JobViews {
 public:
  explicit JobViews(Store& store) : store_(store) {}

  nlohmann::json view(const Job& job);

 private:
  /// "check" of the results' summary.json; empty where there are no results.
  std::vector<std::string> flagged(const Job& job);

  struct Known {
    std::int64_t since = 0;
    std::vector<std::string> checks;
  };
  Store& store_;
  std::mutex mutex_;
  std::map<std::int64_t, Known> known_;  ///< by job: results change with the job's state alone
};

}  // namespace anatomynet::service

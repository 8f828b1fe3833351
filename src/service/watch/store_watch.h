#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acceptance/watch.h"
#include "core/messages.h"
#include "service/node_config.h"
#include "service/store/store.h"
#include "service/watch/arrivals_file.h"

namespace anatomynet::service {

/// The node's own results against what was commissioned (acceptance/watch.h): control charts of the latest
/// 200 against the configured baseline, or against the first results. Their figures stay when results go, so
/// that the first ones stay the baseline.
class StoreWatch {
 public:
  /// Throws Error(input) where the configured baseline does not serve. Everything given outlives it.
  StoreWatch(const NodeConfig& config, Store& store, Messages& messages);

  /// Takes in results that are new and compares anew; what has moved since is said. From one thread, every
  /// now and then.
  void look();

  /// How things are; without `watched` there is nothing to compare yet, and `line` says why.
  struct Shown {
    std::int64_t version = 0;  ///< rises with every change, over restarts too
    std::string line, note;    ///< for people; `note`: what to do about the baseline, may be empty
    std::optional<acceptance::Watched> watched;
  };
  /// For any thread.
  std::shared_ptr<const Shown> shown() const;

 private:
  bool take_new();
  void compare();

  const WatchConfig& config_;
  Store& store_;
  Messages& messages_;
  const ArrivalsFile file_;
  std::vector<acceptance::Arrival> baseline_;  ///< configured; empty: the first results
  std::vector<acceptance::Arrival> arrivals_;  ///< by time
  std::set<std::int64_t> known_;               ///< jobs whose results were looked at
  std::filesystem::file_time_type seen_;       ///< of the folder of results
  mutable std::mutex mutex_;                   ///< of shown_
  std::shared_ptr<const Shown> shown_ = std::make_shared<Shown>();
};

/// The cases of the configured baseline; none where none is configured. Throws as StoreWatch.
std::vector<acceptance::Arrival> configured_baseline(const WatchConfig& config, Messages& messages);

}  // namespace anatomynet::service

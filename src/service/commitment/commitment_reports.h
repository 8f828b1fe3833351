#pragma once
#include <string>

#include "core/messages.h"
#include "service/commitment/commitment.h"
#include "service/node_config.h"
#include "service/store/store.h"

// Internal to the service module.
namespace anatomynet::service {

/// Takes what destinations say of storage commitment, from whatever association it comes. For any number of
/// threads; everything given outlives it.
class CommitmentReports {
 public:
  CommitmentReports(const NodeConfig& config, Store& store, Messages& messages)
      : config_(config), store_(store), messages_(messages) {}

  /// Whether there is a destination that may report, so that the receiver takes reports.
  bool awaited() const;
  /// False where the report answers nothing that was asked of a destination with this AE title.
  bool take(const std::string& ae_title, const CommitmentReport& report);

 private:
  const NodeConfig& config_;
  Store& store_;
  Messages& messages_;
};

}  // namespace anatomynet::service

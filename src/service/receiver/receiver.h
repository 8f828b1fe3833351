#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/messages.h"
#include "service/certificates/dicom_tls.h"
#include "service/commitment/commitment_reports.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/receiver/intake.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// The node's Storage and Verification SCP, which takes reports on storage commitment too: a thread an
/// association, as many at a time as the configuration says; one more is refused as transient (PS3.8 9.3.4:
/// local limit exceeded). Everything given outlives it.
class Receiver {
 public:
  /// Listens from here on. Throws Error(usage) for an address or port that cannot be had.
  Receiver(const NodeConfig& config, const DicomTls& tls, Store& store, Intake& intake,
           CommitmentReports& reports, NodeCounters& counters, Messages& messages);
  ~Receiver();

  /// Until `stop` says so; then associations have `grace_s` to end. Looks at `stop` every half second.
  void run(const std::function<bool()>& stop, double grace_s = 10);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A socket that listens there, the caller's to close. Throws Error(usage) that names the port, why not, and
/// `table` of the configuration.
int listen_on(const std::string& address, std::int64_t port, const std::string& table);

}  // namespace anatomynet::service

#pragma once
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

#include "core/messages.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/queue/series_activity.h"
#include "service/receiver/received_file.h"
#include "service/receiver/watch.h"
#include "service/store/store.h"

// Internal to the service module.
namespace anatomynet::service {

/// What all associations share; outlives them.
struct ReceiverContext {
  const DicomConfig& config;
  std::int64_t min_free_mb;
  Store& store;
  SeriesActivity& activity;
  NodeCounters& counters;
  Messages& messages;
};

/// Serves one association that was asked for, from its negotiation to its end: C-ECHO and C-STORE (PS3.4
/// annexes A and B). The caller drops it afterwards.
class Association {
 public:
  Association(const ReceiverContext& context, T_ASC_Association& association, Watch& watch,
              std::string address)
      : context_(context), association_(association), watch_(watch), address_(std::move(address)) {}

  /// Why it must be refused: called or calling AE title, address, application context; true where it was
  /// refused.
  bool refuse_stranger();
  void refuse_for_now();  ///< transient: as many as may be are served

  /// Agrees on presentation contexts, then answers until the end.
  void serve();

 private:
  void refuse(T_ASC_RejectParametersResult result, T_ASC_RejectParametersSource source,
              T_ASC_RejectParametersReason reason, const std::string& why);
  bool accept();
  bool answer_requests();
  OFCondition store(T_DIMSE_C_StoreRQ& request, T_ASC_PresentationContextID context);
  DIC_US keep(const std::filesystem::path& file, const InstanceNames& names, const std::string& content,
              std::int64_t bytes);
  DIC_US record(const std::filesystem::path& file, ReceivedInstance& instance);
  void say(const std::string& what) const;

  const ReceiverContext& context_;
  T_ASC_Association& association_;
  Watch& watch_;
  const std::string address_;
  std::string calling_ae_;
  std::set<std::string> series_;  ///< UIDs of those that it brought
};

}  // namespace anatomynet::service

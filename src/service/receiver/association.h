#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

#include "core/messages.h"
#include "service/commitment/commitment_reports.h"
#include "service/node_config.h"
#include "service/node_counters.h"
#include "service/receiver/intake.h"
#include "service/receiver/watch.h"
#include "service/store/store.h"

// Internal to the service module.
namespace anatomynet::service {

/// What all associations share; outlives them.
struct ReceiverContext {
  const DicomConfig& config;
  std::int64_t min_free_mb;
  Store& store;
  Intake& intake;
  CommitmentReports& reports;
  NodeCounters& counters;
  Messages& messages;
};

/// Serves one association that was asked for, from its negotiation to its end: C-ECHO, C-STORE, and reports
/// on storage commitment (PS3.4 annexes A, B and J). The caller drops it afterwards.
class Association {
 public:
  Association(const ReceiverContext& context, T_ASC_Association& association, Watch& watch,
              std::string address)
      : context_(context),
        association_(association),
        watch_(watch),
        address_(std::move(address)),
        visit_(context.intake, [this](const std::string& what) { say(what); }) {}

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
  void accept_reports(const std::vector<std::string>& syntaxes);
  bool answer_requests();
  OFCondition take_report(const T_DIMSE_N_EventReportRQ& request, T_ASC_PresentationContextID context);
  OFCondition store(T_DIMSE_C_StoreRQ& request, T_ASC_PresentationContextID context);
  void say(const std::string& what) const;

  const ReceiverContext& context_;
  T_ASC_Association& association_;
  Watch& watch_;
  const std::string address_;
  std::string calling_ae_;
  Intake::Visit visit_;
};

}  // namespace anatomynet::service

#include "service/receiver/association.h"

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

#include <dcmtk/dcmdata/dcuid.h>

#include "core/text.h"
#include "io/dicom/instance_header.h"
#include "service/sender/request.h"

namespace anatomynet::service {
namespace {

constexpr std::int64_t most_command_bytes = 256 << 10;  // commands take some hundred bytes
constexpr std::int64_t most_report_bytes = 1 << 20;     // of 100 objects: some 20 KB
constexpr int close_timeout_s = 5;

// Statuses of C-STORE responses (PS3.4 B.2.3).
constexpr DIC_US out_of_resources = 0xA700, does_not_match = 0xA900, cannot_understand = 0xC000;

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> out;
  for (const std::string& text : texts) out.push_back(text.c_str());
  return out;
}

DIC_US status_of(Taken taken) {
  switch (taken) {
    case Taken::kept:
      return STATUS_Success;
    case Taken::no_match:
      return does_not_match;
    case Taken::damaged:
      return cannot_understand;
    case Taken::not_stored:
      break;
  }
  return out_of_resources;
}

}  // namespace

void Association::say(const std::string& what) const {
  context_.messages.warning("association from " + address_ +
                            (calling_ae_.empty() ? "" : " (" + clean_text(calling_ae_) + ")") + ": " + what);
}

void Association::refuse(T_ASC_RejectParametersResult result, T_ASC_RejectParametersSource source,
                         T_ASC_RejectParametersReason reason, const std::string& why) {
  T_ASC_RejectParameters parameters{result, source, reason};
  ASC_rejectAssociation(&association_, &parameters);
  ++context_.counters.associations_refused;
  ASC_dropSCPAssociation(&association_, close_timeout_s);
  say("refused, " + why);
}

bool Association::refuse_stranger() {
  std::array<char, 64> calling{}, called{}, context{};
  ASC_getAPTitles(association_.params, calling.data(), calling.size(), called.data(), called.size(), nullptr,
                  0);
  ASC_getApplicationContextName(association_.params, context.data(), context.size());
  calling_ae_ = calling.data();
  const DicomConfig& config = context_.config;
  if (std::string(context.data()) != UID_StandardApplicationContext) {
    refuse(ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER, ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED,
           "its application context is not DICOM's");
    return true;
  }
  if (called.data() != config.ae_title) {
    refuse(ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER, ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED,
           "it calls another AE title than " + config.ae_title);
    return true;
  }
  const bool known =
      config.any_peer || std::any_of(config.peers.begin(), config.peers.end(), [&](const Peer& p) {
        return p.ae_title == calling_ae_ &&
               (p.addresses.empty() ||
                std::any_of(p.addresses.begin(), p.addresses.end(),
                            [&](const std::string& pattern) { return address_matches(address_, pattern); }));
      });
  if (!known)
    refuse(ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER, ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED,
           "no [[dicom.peer]] has this AE title and address");
  return !known;
}

void Association::refuse_for_now() {
  refuse(ASC_RESULT_REJECTEDTRANSIENT, ASC_SOURCE_SERVICEPROVIDER_PRESENTATION_RELATED,
         ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED,
         "for now: " + std::to_string(context_.config.associations) + " others are served");
}

bool Association::accept() {
  const std::vector<std::string> syntaxes = io::readable_transfer_syntaxes();
  const std::vector<std::string> classes = classes_of(context_.config);
  const std::vector<std::string> verification = {UID_VerificationSOPClass};
  const std::vector<std::string> uncompressed(syntaxes.begin(), syntaxes.begin() + 2);
  const auto offer = [&](const std::vector<std::string>& sop_classes, const std::vector<std::string>& ts) {
    std::vector<const char*> names = pointers(sop_classes), transfers = pointers(ts);
    ASC_acceptContextsWithPreferredTransferSyntaxes(association_.params, names.data(),
                                                    static_cast<int>(names.size()), transfers.data(),
                                                    static_cast<int>(transfers.size()));
  };
  offer(classes, syntaxes);
  offer(verification, uncompressed);
  if (context_.reports.awaited()) accept_reports(uncompressed);
  return ASC_acknowledgeAssociation(&association_).good();
}

// Who reports provides the service that the node uses (PS3.4 J.3.3); some do not say so (PS3.7 D.3.3.4).
void Association::accept_reports(const std::vector<std::string>& syntaxes) {
  for (int k = 0; k < ASC_countPresentationContexts(association_.params); ++k) {
    T_ASC_PresentationContext context{};
    if (ASC_getPresentationContext(association_.params, k, &context).bad() ||
        std::string(context.abstractSyntax) != UID_StorageCommitmentPushModelSOPClass)
      continue;
    for (const std::string& syntax : syntaxes)
      for (int n = 0; n < context.transferSyntaxCount; ++n)
        if (context.resultReason != ASC_P_ACCEPTANCE && syntax == context.proposedTransferSyntaxes[n] &&
            ASC_acceptPresentationContext(association_.params, context.presentationContextID, syntax.c_str(),
                                          ASC_SC_ROLE_SCP, OFTrue)
                .good())
          context.resultReason = ASC_P_ACCEPTANCE;
  }
}

void Association::serve() {
  if (!accept()) return;
  bool clean = false;
  try {
    clean = answer_requests();
  } catch (const std::exception& error) {
    say(std::string("ended: ") + error.what());
  }
  visit_.end(clean);
  if (clean) {
    ASC_acknowledgeRelease(&association_);
    watch_.allow(close_timeout_s, false);
    ASC_dropSCPAssociation(&association_, close_timeout_s);
  }
}

// True at a release.
bool Association::answer_requests() {
  const auto timeout = static_cast<int>(context_.config.dimse_timeout_s);
  while (true) {
    T_DIMSE_Message message{};
    T_ASC_PresentationContextID id = 0;
    watch_.allow(timeout + 1, false);
    watch_.limit_bytes(most_command_bytes);
    OFCondition status =
        DIMSE_receiveCommand(&association_, DIMSE_NONBLOCKING, timeout, &id, &message, nullptr);
    if (status == DUL_PEERREQUESTEDRELEASE) return true;
    if (status.good() && message.CommandField == DIMSE_C_ECHO_RQ)
      status = DIMSE_sendEchoResponse(&association_, id, &message.msg.CEchoRQ, STATUS_Success, nullptr);
    else if (status.good() && message.CommandField == DIMSE_C_STORE_RQ)
      status = store(message.msg.CStoreRQ, id);
    else if (status.good() && message.CommandField == DIMSE_N_EVENT_REPORT_RQ)
      status = take_report(message.msg.NEventReportRQ, id);
    else if (status.good())
      status = DIMSE_BADCOMMANDTYPE;
    if (status.good()) continue;
    if (status != DUL_PEERABORTEDASSOCIATION) ASC_abortAssociation(&association_);
    say(std::string("ended: ") + clean_text(status.text(), longest_value));
    return false;
  }
}

OFCondition Association::take_report(const T_DIMSE_N_EventReportRQ& request, T_ASC_PresentationContextID id) {
  watch_.limit_bytes(most_report_bytes);
  T_ASC_PresentationContext agreed{};
  OFCondition status = ASC_findAcceptedPresentationContext(association_.params, id, &agreed);
  if (status.bad()) return status;
  if (std::string(agreed.abstractSyntax) != UID_StorageCommitmentPushModelSOPClass)
    return ASC_BADPRESENTATIONCONTEXTID;
  return answer_report(association_, id, request, static_cast<int>(context_.config.dimse_timeout_s),
                       [&](const CommitmentReport& report) {
                         const bool fits = context_.reports.take(calling_ae_, report);
                         if (!fits) say("a report on storage commitment fits nothing that was asked of it");
                         return fits;
                       });
}

OFCondition Association::store(T_DIMSE_C_StoreRQ& request, T_ASC_PresentationContextID id) {
  const auto timeout = static_cast<int>(context_.config.dimse_timeout_s);
  watch_.limit_bytes(-1);
  watch_.allow(timeout + 1, true);
  T_ASC_PresentationContext agreed{};
  OFCondition status = ASC_findAcceptedPresentationContext(association_.params, id, &agreed);
  if (status.bad()) return status;
  T_DIMSE_C_StoreRSP response{};
  response.MessageIDBeingRespondedTo = request.MessageID;
  response.DimseStatus = STATUS_Success;
  response.DataSetType = DIMSE_DATASET_NULL;
  const InstanceNames names{request.AffectedSOPClassUID, request.AffectedSOPInstanceUID,
                            agreed.acceptedTransferSyntax, calling_ae_};
  if (names.sop_class != agreed.abstractSyntax || !is_uid(names.sop_instance_uid))
    response.DimseStatus = does_not_match;
  else if (context_.store.files().free_bytes() < static_cast<std::uint64_t>(context_.min_free_mb) << 20)
    response.DimseStatus = out_of_resources;
  if (response.DimseStatus != STATUS_Success) {
    say(response.DimseStatus == out_of_resources
            ? "an instance is refused: the disk is nearly full (min_free_mb)"
            : "an instance is refused: its UIDs are not those agreed on");
    DIC_UL bytes = 0, pieces = 0;
    status = DIMSE_ignoreDataSet(&association_, DIMSE_NONBLOCKING, timeout, &bytes, &pieces);
  } else {
    const std::filesystem::path path = context_.store.files().new_incoming();
    {
      ReceivedFile file(path, names, context_.config.max_instance_mb << 20);
      ReceivedStream stream(file);
      T_ASC_PresentationContextID data_id = 0;
      status = DIMSE_receiveDataSetInFile(&association_, DIMSE_NONBLOCKING, timeout, &data_id, &stream,
                                          nullptr, nullptr);
      if (status.good() && data_id != id) status = ASC_BADPRESENTATIONCONTEXTID;
      if (status.good()) file.finish();
      if (status.good() && !file.problem().empty()) {
        say("an instance is refused: " + file.problem());
        response.DimseStatus = out_of_resources;
      } else if (status.good()) {
        watch_.allow(context_.config.association_s, false);  // our own work does not count
        response.DimseStatus = status_of(visit_.take(path, names, file.content(), file.bytes()));
      }
    }
    std::error_code ignored;
    std::filesystem::remove(path, ignored);  // there no more where it was kept
  }
  if (status.bad()) return status;
  return DIMSE_sendStoreResponse(&association_, id, &request, &response, nullptr);
}

}  // namespace anatomynet::service

#include "service/sender/request.h"

#include <array>
#include <cstdio>

#include <dcmtk/dcmdata/dcuid.h>

#include "io/dicom/instance_header.h"

namespace anatomynet::service {
namespace {

constexpr int timeout_s = 60, connect_timeout_s = 15;
constexpr DIC_US request_storage_commitment = 1;                       // Action Type ID, PS3.4 table J.3-1
constexpr DIC_US processing_failure = 0x0110, no_such_event = 0x0113;  // PS3.7 annex C

std::string text_of(const OFCondition& status) {
  return status.good() ? std::string() : std::string(status.text());
}

std::string status_text(DIC_US status) {
  char text[40];
  std::snprintf(text, sizeof text, "it answers with status %04X", unsigned{status});
  return text;
}

void copy_uid(DIC_UI& to, const std::string& uid) { std::snprintf(to, sizeof to, "%s", uid.c_str()); }

}  // namespace

Request::Request(const Destination& destination, const DicomTls& tls, For purpose) {
  io::is_dicom_keyword("Modality");  // sets DCMTK up
  dcmConnectionTimeout.set(connect_timeout_s);
  problem_ = text_of(ASC_initializeNetwork(NET_REQUESTOR, 0, timeout_s, &network_));
  if (problem_.empty() && destination.tls) {
    layer_ = tls.requestor();
    ASC_setTransportLayer(network_, layer_.get(), 0);
  }
  if (problem_.empty()) problem_ = ask(destination, purpose);
}

Request::~Request() {
  if (association_ && agreed_) {
    if (clean_)
      ASC_releaseAssociation(association_);
    else
      ASC_abortAssociation(association_);
  }
  if (association_) {
    ASC_dropAssociation(association_);
    ASC_destroyAssociation(&association_);
  }
  ASC_dropNetwork(&network_);
}

std::string Request::fault(const OFCondition& status) {
  if (status.bad()) clean_ = false;
  return text_of(status);
}

SendOutcome Request::store(const MadeObject& object, const std::filesystem::path& file) {
  const T_ASC_PresentationContextID id =
      ASC_findAcceptedPresentationContextID(association_, object.sop_class.c_str());
  if (id == 0) return "it takes no " + object.kind;
  T_DIMSE_C_StoreRQ request{};
  request.MessageID = association_->nextMsgID++;
  copy_uid(request.AffectedSOPClassUID, object.sop_class);
  copy_uid(request.AffectedSOPInstanceUID, object.sop_uid);
  request.DataSetType = DIMSE_DATASET_PRESENT;
  request.Priority = DIMSE_PRIORITY_MEDIUM;
  T_DIMSE_C_StoreRSP response{};
  DcmDataset* detail = nullptr;
  const OFCondition status = DIMSE_storeUser(association_, id, &request, file.c_str(), nullptr, nullptr,
                                             nullptr, DIMSE_NONBLOCKING, timeout_s, &response, &detail);
  delete detail;
  if (status.bad()) return fault(status);
  if (response.DimseStatus == STATUS_Success || DICOM_WARNING_STATUS(response.DimseStatus)) return "";
  return status_text(response.DimseStatus);
}

SendOutcome Request::echo() {
  DIC_US answer = 0;
  DcmDataset* detail = nullptr;
  const OFCondition status =
      DIMSE_echoUser(association_, association_->nextMsgID++, DIMSE_NONBLOCKING, timeout_s, &answer, &detail);
  delete detail;
  return fault(status);
}

bool Request::offers_commitment() const {
  return association_ &&
         ASC_findAcceptedPresentationContextID(association_, UID_StorageCommitmentPushModelSOPClass) != 0;
}

SendOutcome Request::ask_commitment(const std::string& transaction, const std::vector<MadeObject>& objects) {
  const T_ASC_PresentationContextID id =
      ASC_findAcceptedPresentationContextID(association_, UID_StorageCommitmentPushModelSOPClass);
  T_DIMSE_Message message{};
  message.CommandField = DIMSE_N_ACTION_RQ;
  T_DIMSE_N_ActionRQ& request = message.msg.NActionRQ;
  request.MessageID = association_->nextMsgID++;
  copy_uid(request.RequestedSOPClassUID, UID_StorageCommitmentPushModelSOPClass);
  copy_uid(request.RequestedSOPInstanceUID, commitment_instance);
  request.ActionTypeID = request_storage_commitment;
  request.DataSetType = DIMSE_DATASET_PRESENT;
  DcmDataset data = commitment_request(transaction, objects);
  OFCondition status =
      DIMSE_sendMessageUsingMemoryData(association_, id, &message, nullptr, &data, nullptr, nullptr);
  if (status.bad()) return fault(status);
  T_DIMSE_Message answer{};
  T_ASC_PresentationContextID answer_id = 0;
  DcmDataset* detail = nullptr;
  status = DIMSE_receiveCommand(association_, DIMSE_NONBLOCKING, timeout_s, &answer_id, &answer, &detail);
  delete detail;
  if (status.good() && answer.CommandField != DIMSE_N_ACTION_RSP) status = DIMSE_BADCOMMANDTYPE;
  if (status.bad()) return fault(status);
  const T_DIMSE_N_ActionRSP& response = answer.msg.NActionRSP;
  if (response.DataSetType != DIMSE_DATASET_NULL) {
    DcmDataset* reply = nullptr;
    status = DIMSE_receiveDataSetInMemory(association_, DIMSE_NONBLOCKING, timeout_s, &answer_id, &reply,
                                          nullptr, nullptr);
    delete reply;
    if (status.bad()) return fault(status);
  }
  return response.DimseStatus == STATUS_Success ? "" : status_text(response.DimseStatus);
}

std::optional<CommitmentReport> Request::await_report(int seconds) {
  std::optional<CommitmentReport> report;
  if (!ASC_dataWaiting(association_, seconds)) return report;
  T_DIMSE_Message message{};
  T_ASC_PresentationContextID id = 0;
  OFCondition status =
      DIMSE_receiveCommand(association_, DIMSE_NONBLOCKING, timeout_s, &id, &message, nullptr);
  if (status.good() && message.CommandField == DIMSE_N_EVENT_REPORT_RQ)
    status = answer_report(*association_, id, message.msg.NEventReportRQ, timeout_s,
                           [&](const CommitmentReport& came) {
                             report = came;
                             return true;
                           });
  else if (status.good())
    status = DIMSE_BADCOMMANDTYPE;
  fault(status);
  return report;
}

OFCondition answer_report(T_ASC_Association& association, T_ASC_PresentationContextID id,
                          const T_DIMSE_N_EventReportRQ& request, int timeout,
                          const std::function<bool(const CommitmentReport&)>& take) {
  std::optional<CommitmentReport> report;
  if (request.DataSetType != DIMSE_DATASET_NULL) {
    T_ASC_PresentationContextID data_id = 0;
    DcmDataset* received = nullptr;
    const OFCondition status = DIMSE_receiveDataSetInMemory(&association, DIMSE_NONBLOCKING, timeout,
                                                            &data_id, &received, nullptr, nullptr);
    const std::unique_ptr<DcmDataset> data(received);
    if (status.bad()) return status;
    if (data_id != id) return ASC_BADPRESENTATIONCONTEXTID;
    if (data) report = read_commitment_report(*data);
  }
  const bool known_event = request.EventTypeID == 1 || request.EventTypeID == 2;  // PS3.4 table J.3-3
  T_DIMSE_Message message{};
  message.CommandField = DIMSE_N_EVENT_REPORT_RSP;
  T_DIMSE_N_EventReportRSP& response = message.msg.NEventReportRSP;
  response.MessageIDBeingRespondedTo = request.MessageID;
  copy_uid(response.AffectedSOPClassUID, request.AffectedSOPClassUID);
  copy_uid(response.AffectedSOPInstanceUID, request.AffectedSOPInstanceUID);
  response.EventTypeID = request.EventTypeID;
  response.DataSetType = DIMSE_DATASET_NULL;
  response.opts =
      O_NEVENTREPORT_AFFECTEDSOPCLASSUID | O_NEVENTREPORT_AFFECTEDSOPINSTANCEUID | O_NEVENTREPORT_EVENTTYPEID;
  if (!known_event)
    response.DimseStatus = no_such_event;
  else
    response.DimseStatus = report && take(*report) ? STATUS_Success : processing_failure;
  return DIMSE_sendMessageUsingMemoryData(&association, id, &message, nullptr, nullptr, nullptr, nullptr);
}

// Storage: long contours do not fit explicit DS, so structure sets go as they are written.
std::string Request::ask(const Destination& destination, For purpose) {
  T_ASC_Parameters* parameters = nullptr;
  std::string problem = text_of(ASC_createAssociationParameters(&parameters, ASC_DEFAULTMAXPDU));
  if (!problem.empty()) return problem;
  ASC_setTransportLayerType(parameters, destination.tls);
  ASC_setAPTitles(parameters, destination.calling_ae.c_str(), destination.ae_title.c_str(), nullptr);
  const std::string address = destination.host + ":" + std::to_string(destination.port);
  ASC_setPresentationAddresses(parameters, "localhost", address.c_str());
  std::array<const char*, 2> syntaxes = {UID_LittleEndianExplicitTransferSyntax,
                                         UID_LittleEndianImplicitTransferSyntax};
  if (purpose == For::commitment) {
    ASC_addPresentationContext(parameters, 1, UID_StorageCommitmentPushModelSOPClass, syntaxes.data(), 2);
  } else {
    ASC_addPresentationContext(parameters, 1, UID_VerificationSOPClass, &syntaxes[1], 1);
    ASC_addPresentationContext(parameters, 3, UID_RTStructureSetStorage, &syntaxes[1], 1);
    ASC_addPresentationContext(parameters, 5, UID_SegmentationStorage, syntaxes.data(), 2);
  }
  const OFCondition status = ASC_requestAssociation(network_, parameters, &association_);
  if (status.good()) {
    agreed_ = true;
    if (purpose == For::commitment || ASC_countAcceptedPresentationContexts(parameters) > 0) return "";
    return "it takes no RTSTRUCT and no SEG";
  }
  if (!association_) ASC_destroyAssociationParameters(&parameters);
  if (status == DUL_ASSOCIATIONREJECTED && association_) {
    T_ASC_RejectParameters rejected{};
    ASC_getRejectParameters(parameters, &rejected);
    OFString text;
    ASC_printRejectParameters(text, &rejected);
    for (char& c : text)
      if (c == '\n') c = ' ';
    return "it refuses the association: " + std::string(text.c_str());
  }
  return text_of(status);
}

}  // namespace anatomynet::service

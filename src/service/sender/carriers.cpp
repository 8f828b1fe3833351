#include <array>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/unfinished.h"
#include "io/dicom/instance_header.h"
#include "service/receiver/tls.h"
#include "service/sender/sender.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

constexpr int timeout_s = 60, connect_timeout_s = 15;

// A request association; released where all went well, else aborted.
class Request {
 public:
  Request(const Destination& destination, const TlsConfig& tls) {
    io::is_dicom_keyword("Modality");  // sets DCMTK up
    dcmConnectionTimeout.set(connect_timeout_s);
    problem_ = status_text(ASC_initializeNetwork(NET_REQUESTOR, 0, timeout_s, &network_));
    if (problem_.empty() && destination.tls) {
      layer_ = std::make_unique<DcmTLSTransportLayer>(NET_REQUESTOR, nullptr, OFTrue);
      set_up(*layer_, tls);
      ASC_setTransportLayer(network_, layer_.get(), 0);
    }
    if (problem_.empty()) problem_ = ask(destination);
  }
  ~Request() {
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
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  const std::string& problem() const { return problem_; }

  SendOutcome store(const MadeObject& object, const fs::path& file) {
    const T_ASC_PresentationContextID id =
        ASC_findAcceptedPresentationContextID(association_, object.sop_class.c_str());
    if (id == 0) return "it takes no " + object.kind;
    T_DIMSE_C_StoreRQ request{};
    request.MessageID = association_->nextMsgID++;
    std::snprintf(request.AffectedSOPClassUID, sizeof request.AffectedSOPClassUID, "%s",
                  object.sop_class.c_str());
    std::snprintf(request.AffectedSOPInstanceUID, sizeof request.AffectedSOPInstanceUID, "%s",
                  object.sop_uid.c_str());
    request.DataSetType = DIMSE_DATASET_PRESENT;
    request.Priority = DIMSE_PRIORITY_MEDIUM;
    T_DIMSE_C_StoreRSP response{};
    DcmDataset* detail = nullptr;
    const OFCondition status = DIMSE_storeUser(association_, id, &request, file.c_str(), nullptr, nullptr,
                                               nullptr, DIMSE_NONBLOCKING, timeout_s, &response, &detail);
    delete detail;
    if (status.bad()) clean_ = false;
    if (status.bad()) return status_text(status);
    if (response.DimseStatus == STATUS_Success || DICOM_WARNING_STATUS(response.DimseStatus)) return "";
    char text[40];
    std::snprintf(text, sizeof text, "it answers with status %04X", unsigned{response.DimseStatus});
    return text;
  }

  SendOutcome echo() {
    DIC_US answer = 0;
    DcmDataset* detail = nullptr;
    const OFCondition status = DIMSE_echoUser(association_, association_->nextMsgID++, DIMSE_NONBLOCKING,
                                              timeout_s, &answer, &detail);
    delete detail;
    if (status.bad()) clean_ = false;
    return status_text(status);
  }
  bool broken() const { return !clean_; }

 private:
  static std::string status_text(const OFCondition& status) {
    return status.good() ? std::string() : std::string(status.text());
  }

  std::string ask(const Destination& destination) {
    T_ASC_Parameters* parameters = nullptr;
    std::string problem = status_text(ASC_createAssociationParameters(&parameters, ASC_DEFAULTMAXPDU));
    if (!problem.empty()) return problem;
    ASC_setTransportLayerType(parameters, destination.tls);
    ASC_setAPTitles(parameters, destination.calling_ae.c_str(), destination.ae_title.c_str(), nullptr);
    const std::string address = destination.host + ":" + std::to_string(destination.port);
    ASC_setPresentationAddresses(parameters, "localhost", address.c_str());
    // Long contours do not fit explicit DS, so structure sets go as they are written.
    std::array<const char*, 2> syntaxes = {UID_LittleEndianExplicitTransferSyntax,
                                           UID_LittleEndianImplicitTransferSyntax};
    ASC_addPresentationContext(parameters, 1, UID_VerificationSOPClass, &syntaxes[1], 1);
    ASC_addPresentationContext(parameters, 3, UID_RTStructureSetStorage, &syntaxes[1], 1);
    ASC_addPresentationContext(parameters, 5, UID_SegmentationStorage, syntaxes.data(), 2);
    const OFCondition status = ASC_requestAssociation(network_, parameters, &association_);
    if (status.good()) {
      agreed_ = true;
      if (ASC_countAcceptedPresentationContexts(parameters) > 0) return "";
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
    return status_text(status);
  }

  T_ASC_Network* network_ = nullptr;
  std::unique_ptr<DcmTLSTransportLayer> layer_;
  T_ASC_Association* association_ = nullptr;
  std::string problem_;
  bool agreed_ = false, clean_ = true;
};

class DicomCarrier : public Carrier {
 public:
  DicomCarrier(const Destination& destination, const TlsConfig& tls, StoreFiles& files)
      : destination_(destination), tls_(tls), files_(files) {}

  std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) override {
    std::vector<SendOutcome> outcomes;
    Request request(destination_, tls_);
    for (const Delivery& delivery : deliveries) {
      if (!request.problem().empty())
        outcomes.push_back(request.problem());
      else if (request.broken())
        outcomes.emplace_back("the association broke");
      else
        outcomes.push_back(
            request.store(delivery.object, files_.results(delivery.job) / delivery.object.file));
    }
    return outcomes;
  }

  SendOutcome probe() override {
    Request request(destination_, tls_);
    return request.problem().empty() ? request.echo() : request.problem();
  }

 private:
  const Destination& destination_;
  const TlsConfig& tls_;
  StoreFiles& files_;
};

class FolderCarrier : public Carrier {
 public:
  FolderCarrier(const Destination& destination, StoreFiles& files)
      : folder_(destination.folder), files_(files) {}

  std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) override {
    std::vector<SendOutcome> outcomes;
    outcomes.reserve(deliveries.size());
    for (const Delivery& delivery : deliveries) outcomes.push_back(copy(delivery));
    return outcomes;
  }

  SendOutcome probe() override {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) return "there is no such folder";
    return ::access(folder_.c_str(), W_OK) == 0 ? "" : "the folder is not writable";
  }

 private:
  // Its UID is one of ours, digits and dots. It appears whole, by rename.
  SendOutcome copy(const Delivery& delivery) {
    const fs::path name = delivery.object.kind + "." + delivery.object.sop_uid + ".dcm";
    const fs::path part = folder_ / std::string(".").append(name.native()).append(".part");
    std::error_code error;
    fs::copy_file(files_.results(delivery.job) / delivery.object.file, part,
                  fs::copy_options::overwrite_existing, error);
    if (error) return error.message();
    // Whoever may read the folder may read what is put there; in the store files are the node's alone.
    const fs::perms readers = fs::status(folder_, error).permissions();
    if (!error) fs::permissions(part, fs::perms(0600) | (readers & fs::perms(0044)), error);
    if (error) return error.message();
    try {
      unfinished::flush_file(part);
    } catch (const Error&) {
      return "cannot write there";
    }
    fs::rename(part, folder_ / name, error);
    if (error) return error.message();
    unfinished::flush_folder(folder_);
    return "";
  }

  const fs::path folder_;
  StoreFiles& files_;
};

}  // namespace

std::unique_ptr<Carrier> make_carrier(const Destination& destination, const TlsConfig& tls,
                                      StoreFiles& files) {
  if (destination.kind == "folder") return std::make_unique<FolderCarrier>(destination, files);
  if (destination.tls) {
    DcmTLSTransportLayer layer(NET_REQUESTOR, nullptr, OFTrue);
    set_up(layer, tls);  // what is wrong with the certificates is known at the start
  }
  return std::make_unique<DicomCarrier>(destination, tls, files);
}

}  // namespace anatomynet::service

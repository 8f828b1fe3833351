#pragma once
#include <memory>
#include <optional>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

#include "service/certificates/dicom_tls.h"
#include "service/commitment/commitment.h"
#include "service/sender/sender.h"

// Internal to the service module.
namespace anatomynet::service {

/// An association as requester; released at the end where all went well, else aborted.
class Request {
 public:
  enum class For { storage, commitment };
  Request(const Destination& destination, const DicomTls& tls, For purpose = For::storage);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  const std::string& problem() const { return problem_; }  ///< why there is no association; empty: there is
  bool broken() const { return !clean_; }

  SendOutcome store(const MadeObject& object, const std::filesystem::path& file);
  SendOutcome echo();

  /// Whether the destination takes requests for storage commitment.
  bool offers_commitment() const;
  /// N-ACTION (PS3.4 J.3.2).
  SendOutcome ask_commitment(const std::string& transaction, const std::vector<MadeObject>& objects);
  /// A report that comes over this association within `seconds`.
  std::optional<CommitmentReport> await_report(int seconds);

 private:
  std::string ask(const Destination& destination, For purpose);
  /// Ends a step that met `status`; its text.
  std::string fault(const OFCondition& status);

  T_ASC_Network* network_ = nullptr;
  DicomTls::Layer layer_;
  T_ASC_Association* association_ = nullptr;
  std::string problem_;
  bool agreed_ = false, clean_ = true;
};

/// Answers an N-EVENT-REPORT whose command was received over an association: reads its data set and gives the
/// report to `take`, which says whether it fits.
OFCondition answer_report(T_ASC_Association& association, T_ASC_PresentationContextID id,
                          const T_DIMSE_N_EventReportRQ& request, int timeout_s,
                          const std::function<bool(const CommitmentReport&)>& take);

}  // namespace anatomynet::service

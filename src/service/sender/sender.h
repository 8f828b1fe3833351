#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/certificates/dicom_tls.h"
#include "service/commitment/commitment_reports.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// Why an object did not reach a destination; empty: it did.
using SendOutcome = std::string;

/// What became of a request for storage commitment.
struct Asked {
  enum class Kind {
    asked,       ///< its report comes later, or is here
    refused,     ///< the destination offers none, or refuses this request
    not_reached  ///< no association, or it broke
  };
  Kind kind = Kind::refused;
  std::string why;
  std::optional<CommitmentReport> report;
};

/// One way to a destination. Sending an object again is harmless: it has the same UIDs and bytes.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// One outcome for each, in their order.
  virtual std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) = 0;
  /// Asks whether the destination keeps what it took.
  virtual Asked ask_commitment(const std::string& transaction, const std::vector<MadeObject>& objects);
  /// Whether the destination answers; empty: it does.
  virtual SendOutcome probe() = 0;
};

/// C-STORE over one association for all that is due (PS3.4 annex B), STOW-RS, or atomic copies into a folder,
/// named by SOP Instance UID. Throws Error(usage) for authorities of STOW-RS that do not serve.
std::unique_ptr<Carrier> make_carrier(const Destination& destination, const DicomTls& tls, StoreFiles& files);

/// Brings what is due to one destination, with pauses that grow while it fails, and asks it for storage
/// commitment of what it took.
class Sender {
 public:
  Sender(const Destination& destination, const DicomTls& tls, Store& store, CommitmentReports& reports,
         Messages& messages);

  /// Sends what is due now; false where nothing is.
  bool send_due();
  /// Asks for what is due now, again where no report came in time; false where nothing is.
  bool ask_commitment();

 private:
  /// Later, unless the time to try is over.
  void ask_again(const std::vector<Delivery>& deliveries, const std::string& why);
  void refused(const std::vector<Delivery>& deliveries, const std::string& why);

  const Destination& destination_;
  Store& store_;
  CommitmentReports& reports_;
  Messages& messages_;
  std::unique_ptr<Carrier> carrier_;
};

}  // namespace anatomynet::service

#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/messages.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// Why an object did not reach a destination; empty: it did.
using SendOutcome = std::string;

/// One way to a destination. Sending an object again is harmless: it has the same UIDs and bytes.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// One outcome for each, in their order.
  virtual std::vector<SendOutcome> send(const std::vector<Delivery>& deliveries) = 0;
  /// Whether the destination answers; empty: it does.
  virtual SendOutcome probe() = 0;
};

/// C-STORE over one association for all that is due (PS3.4 annex B), or atomic copies into a folder, named by
/// SOP Instance UID. Throws Error(usage) for certificates that do not serve.
std::unique_ptr<Carrier> make_carrier(const Destination& destination, const TlsConfig& tls,
                                      StoreFiles& files);

/// Brings what is due to one destination, with pauses that grow while it fails.
class Sender {
 public:
  Sender(const Destination& destination, const TlsConfig& tls, Store& store, Messages& messages);

  /// Sends what is due now; false where nothing is.
  bool send_due();

 private:
  const Destination& destination_;
  Store& store_;
  Messages& messages_;
  std::unique_ptr<Carrier> carrier_;
};

}  // namespace anatomynet::service

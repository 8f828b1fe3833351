#pragma once
#include <memory>
#include <mutex>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include "service/node_config.h"

// Internal to the service module.
namespace anatomynet::service {

/// Both sides of DICOM TLS: own certificate, and peers' certificates by the authorities', which are demanded;
/// TLS 1.2 or later (PS3.15 B.12). For any number of threads.
class DicomTls {
 public:
  using Layer = std::shared_ptr<DcmTLSTransportLayer>;

  /// Throws Error(usage) that names the file that does not serve.
  explicit DicomTls(TlsConfig config);

  bool used() const { return config_.used(); }
  /// For associations that begin now; null where TLS is not used. An association holds its layer to its end.
  Layer acceptor() const;
  Layer requestor() const;

  /// Reads the files again. Throws as the constructor; then all stays as it is.
  void renew();

 private:
  const TlsConfig config_;
  mutable std::mutex mutex_;
  Layer acceptor_, requestor_;
};

}  // namespace anatomynet::service

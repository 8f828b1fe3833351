#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>

#include "service/receiver/watch.h"

// DCMTK's connections, watched. Internal to the service module.
namespace anatomynet::service {

/// What passes an accepted socket to DCMTK's ASC_receiveAssociation, which finds it in one global variable:
/// `turn` is held from when that is set until the socket is taken.
struct SocketHandover {
  std::unique_lock<std::mutex> turn;
  std::shared_ptr<Watch> watch;
  bool taken = false;
};

/// Of the thread that receives an association now.
SocketHandover*& current_handover();

/// A connection of any kind that counts what it reads.
class WatchedConnection : public DcmTransportConnection {
 public:
  /// `layer`: which made `inner`; kept as long as this.
  WatchedConnection(DcmNativeSocketType socket, DcmTransportConnection* inner, std::shared_ptr<Watch> watch,
                    std::shared_ptr<DcmTransportLayer> layer);
  ~WatchedConnection() override { watch_->closed(); }

  OFCondition serverSideHandshake() override { return inner_->serverSideHandshake(); }
  OFCondition clientSideHandshake() override { return inner_->clientSideHandshake(); }
  OFCondition renegotiate(const char* suite) override { return inner_->renegotiate(suite); }
  ssize_t read(void* buffer, size_t most) override;
  ssize_t write(void* buffer, size_t bytes) override { return inner_->write(buffer, bytes); }
  void close() override;
  void closeTransportConnection() override;
  unsigned long getPeerCertificateLength() override { return inner_->getPeerCertificateLength(); }
  unsigned long getPeerCertificate(void* buffer, unsigned long length) override {
    return inner_->getPeerCertificate(buffer, length);
  }
  OFBool networkDataAvailable(int timeout) override { return inner_->networkDataAvailable(timeout); }
  OFBool isTransparentConnection() override { return inner_->isTransparentConnection(); }
  OFString& dumpConnectionParameters(OFString& text) override {
    return inner_->dumpConnectionParameters(text);
  }

 private:
  std::shared_ptr<DcmTransportLayer> layer_;
  std::unique_ptr<DcmTransportConnection> inner_;
  std::shared_ptr<Watch> watch_;
};

/// Connections, watched, of the layer that `now` gives when they begin.
class WatchedLayer : public DcmTransportLayer {
 public:
  using LayerNow = std::function<std::shared_ptr<DcmTransportLayer>()>;
  explicit WatchedLayer(LayerNow now) : now_(std::move(now)) {}
  DcmTransportConnection* createConnection(DcmNativeSocketType socket, OFBool secure) override;

 private:
  const LayerNow now_;
};

}  // namespace anatomynet::service

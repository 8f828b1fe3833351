#pragma once
#include <memory>
#include <mutex>

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
  WatchedConnection(DcmNativeSocketType socket, DcmTransportConnection* inner, std::shared_ptr<Watch> watch);
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
  std::unique_ptr<DcmTransportConnection> inner_;
  std::shared_ptr<Watch> watch_;
};

/// DcmTransportLayer or DcmTLSTransportLayer whose connections are watched.
template <class Layer>
class WatchedLayer : public Layer {
 public:
  using Layer::Layer;
  DcmTransportConnection* createConnection(DcmNativeSocketType socket, OFBool secure) override {
    SocketHandover* const handover = current_handover();
    handover->taken = true;
    handover->turn.unlock();
    DcmTransportConnection* const inner = Layer::createConnection(socket, secure);
    if (!inner) handover->watch->closed();  // DCMTK closes the socket
    return inner ? new WatchedConnection(socket, inner, handover->watch) : nullptr;
  }
};

}  // namespace anatomynet::service

#include "service/receiver/watched_layer.h"

#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace anatomynet::service {

SocketHandover*& current_handover() {
  thread_local SocketHandover* current = nullptr;
  return current;
}

WatchedConnection::WatchedConnection(DcmNativeSocketType socket, DcmTransportConnection* inner,
                                     std::shared_ptr<Watch> watch, std::shared_ptr<DcmTransportLayer> layer)
    : DcmTransportConnection(socket), layer_(std::move(layer)), inner_(inner), watch_(std::move(watch)) {
  const int on = 1;
  ::setsockopt(getSocket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// DCMTK, here and in peers, writes heads and bodies of PDUs apart, and with Nagle's algorithm a body waits
// until the head is acknowledged: by default 40 ms later.
ssize_t WatchedConnection::read(void* buffer, size_t most) {
  const ssize_t n = inner_->read(buffer, most);
  const int on = 1;
  ::setsockopt(getSocket(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  if (n > 0 && !watch_->received(n)) {
    errno = EMSGSIZE;
    return -1;
  }
  return n;
}

void WatchedConnection::close() {
  watch_->closed();
  inner_->close();
}

void WatchedConnection::closeTransportConnection() {
  watch_->closed();
  inner_->closeTransportConnection();
}

DcmTransportConnection* WatchedLayer::createConnection(DcmNativeSocketType socket, OFBool secure) {
  SocketHandover* const handover = current_handover();
  handover->taken = true;
  handover->turn.unlock();
  const std::shared_ptr<DcmTransportLayer> layer = now_();
  DcmTransportConnection* const inner = layer->createConnection(socket, secure);
  if (!inner) handover->watch->closed();  // DCMTK closes the socket
  return inner ? new WatchedConnection(socket, inner, handover->watch, layer) : nullptr;
}

}  // namespace anatomynet::service

#include "http/bounded_stream.h"

#include <algorithm>
#include <cerrno>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/clock.h"

namespace anatomynet::http {
namespace {

void name_of(const sockaddr_in& address, std::string& ip, int& port) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  ip = text;
  port = ntohs(address.sin_port);
}

}  // namespace

BoundedStream::BoundedStream(int socket, double read_s, double write_s, std::int64_t most_bytes)
    : socket_(socket), read_until_(seconds_now() + read_s), write_s_(write_s), bytes_left_(most_bytes) {}

void BoundedStream::allow(std::int64_t bytes, double seconds) {
  bytes_left_ = bytes;
  read_until_ = seconds_now() + seconds;
  write_until_ = 0;  // what was written so far, such as 100 Continue, is not the answer
}

bool BoundedStream::wait(short events, double until) const {
  while (true) {
    const double left = until - seconds_now();
    if (left <= 0) return false;
    pollfd waiting{socket_, events, 0};
    const int found = ::poll(&waiting, 1, static_cast<int>(left * 1000) + 1);
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return false;
  }
}

bool BoundedStream::is_readable() const {
  return bytes_left_ > 0 && (holds_bytes() || wait(POLLIN, read_until_));
}
bool BoundedStream::is_writable() const {
  return wait(POLLOUT, write_until_ > 0 ? write_until_ : seconds_now() + write_s_);
}

BoundedStream::Moved BoundedStream::receive(char* bytes, size_t most) {
  const ssize_t got = ::recv(socket_, bytes, most, MSG_DONTWAIT);
  if (got >= 0) return {got};
  return {-1, static_cast<short>(errno == EAGAIN || errno == EINTR ? POLLIN : 0)};
}

BoundedStream::Moved BoundedStream::send(const char* bytes, size_t count) {
  const ssize_t sent = ::send(socket_, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return {sent};
  return {-1, static_cast<short>(errno == EAGAIN || errno == EINTR ? POLLOUT : 0)};
}

ssize_t BoundedStream::read(char* bytes, size_t most) {
  while (bytes_left_ > 0 && seconds_now() < read_until_) {
    const Moved moved = receive(bytes, std::min(most, static_cast<size_t>(bytes_left_)));
    if (moved.bytes >= 0) {
      bytes_left_ -= moved.bytes;
      return moved.bytes;
    }
    if (moved.wait_for == 0 || !wait(moved.wait_for, read_until_)) break;
  }
  return -1;
}

ssize_t BoundedStream::write(const char* bytes, size_t count) {
  if (write_until_ == 0) write_until_ = seconds_now() + write_s_;
  size_t written = 0;
  while (written < count && seconds_now() < write_until_) {
    const Moved moved = send(bytes + written, count - written);
    if (moved.bytes >= 0)
      written += static_cast<size_t>(moved.bytes);
    else if (moved.wait_for == 0 || !wait(moved.wait_for, write_until_))
      return -1;
  }
  return written == count ? static_cast<ssize_t>(written) : -1;
}

void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  name_of(address, ip, port);
}

void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  name_of(address, ip, port);
}

}  // namespace anatomynet::http

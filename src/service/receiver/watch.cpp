#include "service/receiver/watch.h"

#include <sys/socket.h>

#include "core/clock.h"

namespace anatomynet::service {
namespace {

constexpr std::int64_t progress_bytes = 4096;

}  // namespace

Watch::Watch(int socket, std::int64_t total_s)
    : socket_(socket), end_(seconds_now() + double(total_s)), deadline_(end_) {}

void Watch::allow(std::int64_t seconds, bool extended_by_data) {
  const std::lock_guard guard(mutex_);
  seconds_ = double(seconds);
  deadline_ = seconds_now() + seconds_;
  extended_ = extended_by_data;
  since_progress_ = 0;
}

void Watch::limit_bytes(std::int64_t most) {
  const std::lock_guard guard(mutex_);
  bytes_left_ = most;
}

bool Watch::received(std::int64_t bytes) {
  const std::lock_guard guard(mutex_);
  since_progress_ += bytes;
  if (extended_ && since_progress_ >= progress_bytes) {
    since_progress_ = 0;
    deadline_ = seconds_now() + seconds_;
  }
  if (bytes_left_ < 0) return true;
  if (bytes > bytes_left_) return false;
  bytes_left_ -= bytes;
  return true;
}

void Watch::shut_down_locked() {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Watch::shut_down() {
  const std::lock_guard guard(mutex_);
  shut_down_locked();
}

void Watch::check() {
  const std::lock_guard guard(mutex_);
  const double now = seconds_now();
  if (now > deadline_ || now > end_) shut_down_locked();
}

void Watch::closed() {
  const std::lock_guard guard(mutex_);
  socket_ = -1;
}

}  // namespace anatomynet::service

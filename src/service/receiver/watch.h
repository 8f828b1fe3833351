#pragma once
#include <cstdint>
#include <mutex>

#include "core/names.h"

namespace anatomynet::service {

/// Ends a connection that makes no progress. Reads of DCMTK, and of TLS below it, wait for as long as single
/// bytes trickle in; so the socket is shut down from outside, which ends whatever read or write is under way.
class Watch {
 public:
  /// `total_s`: the longest life of the connection.
  Watch(int socket, std::int64_t total_s);

  /// From here on the connection must end within `seconds`, or receive 4 KB a time where `extended_by_data`.
  void allow(std::int64_t seconds, bool extended_by_data);
  /// At most so many bytes until the next call; below 0: any number.
  void limit_bytes(std::int64_t most);
  /// Counts bytes that came; false where they are too many.
  bool received(std::int64_t bytes);

  void shut_down();
  /// Shuts down where time is up.
  void check();
  /// The socket is closed, its number may be another one's.
  void closed();

 private:
  void shut_down_locked();

  std::mutex mutex_;
  int socket_;
  double end_, deadline_, seconds_ = 0;
  std::int64_t since_progress_ = 0, bytes_left_ = -1;
  bool extended_ = false;
};

}  // namespace anatomynet::service

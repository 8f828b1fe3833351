#pragma once
#include <cstdint>

#include <httplib.h>

#include "core/names.h"

// Internal to the http module.
namespace anatomynet::http {

/// One connection to a client that may be slow or never end: reads and writes fail once their time, counted
/// over all of them, or the bytes to read are used up. httplib's own limits are for single reads.
class BoundedStream : public httplib::Stream {
 public:
  BoundedStream(int socket, double read_s, double write_s, std::int64_t most_bytes);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, size_t most) override;
  ssize_t write(const char* bytes, size_t count) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

  /// From now on so many bytes may be read, in so much time.
  void allow(std::int64_t bytes, double seconds);

 protected:
  /// One try that does not wait: the bytes that it moved, 0 at the end; or -1, and what to wait for
  /// (poll(2)); where that is 0 too, it failed.
  struct Moved {
    ssize_t bytes = -1;
    short wait_for = 0;
  };
  virtual Moved receive(char* bytes, size_t most);
  virtual Moved send(const char* bytes, size_t count);
  virtual bool holds_bytes() const { return false; }  ///< received, and not yet read
  bool wait(short events, double until) const;
  double read_until() const { return read_until_; }

 private:
  const int socket_;
  double read_until_;
  const double write_s_;
  double write_until_ = 0;  ///< 0: nothing was written
  std::int64_t bytes_left_;
};

}  // namespace anatomynet::http

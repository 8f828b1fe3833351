#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::http {

/// Where a server listens, what it is called, who may use it and how much it takes.
struct Config {
  std::string address = "127.0.0.1";  ///< IPv4; only with TLS outside 127.0.0.0/8
  std::int64_t port = 8080;           ///< 0: one that is free (Server::port tells which)
  std::vector<std::string> hosts;  ///< what requests may call it beside its address and localhost: host:port
  std::filesystem::path certificate, key;  ///< PEM files; both empty: HTTP without TLS
  std::vector<std::string> users;          ///< of this machine who may use it; none: all
  std::vector<std::string> open_paths;     ///< paths that other users may read too
  /// A POST to these needs no header of ours: a page that is closed can send none (Beacon), nor can a form.
  /// It must then tell its origin. One that begins with '*' stands for all paths with its end.
  std::vector<std::string> beacon_paths{};
  std::int64_t most_body_bytes = 0;  ///< of a POST; 0: bodies are never read
  /// POSTs to paths that begin so need no X-Anatomynet: what they take (Content-Type) no page may send.
  std::string open_posts{};
  std::int64_t most_open_body_bytes = 0;  ///< of those, in place of most_body_bytes

  bool uses_tls() const { return !certificate.empty(); }
  bool is_open_post(const std::string& path) const {
    return !open_posts.empty() && path.starts_with(open_posts);
  }
};

}  // namespace anatomynet::http

#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/error.h"

namespace anatomynet::http {

/// Where a client goes: "https://pacs.hospital:8443/dicom-web".
struct Url {
  bool tls = false;
  std::string host;
  int port = 0;
  std::string path;  ///< without a slash at its end; empty: the root
};
/// Nothing for other schemes, user names, queries and hosts that are none.
std::optional<Url> parse_url(const std::string& text);

struct ClientConfig {
  Url url;
  std::string user, password;         ///< HTTP basic authentication (RFC 7617); none without `user`
  std::filesystem::path authorities;  ///< PEM: who may sign the server's certificate; empty: the system's
};

/// Throws Error(usage) where the file of authorities does not serve.
void check_authorities(const ClientConfig& config);

struct Answer {
  int status = 0;       ///< 0: there is no answer
  std::string problem;  ///< why there is none
  std::string body;     ///< its first MB
};

/// Sends a body of `bytes` to `path` below the URL. `give` writes the piece at `offset` of at most `most`
/// bytes to `to`; false: it cannot, and the request ends. Redirections are not followed. Does not throw.
using GivePiece = std::function<bool(std::uint64_t offset, std::size_t most, std::string& to)>;
Answer post(const ClientConfig& config, const std::string& path, const std::string& content_type,
            const std::string& accept, std::uint64_t bytes, const GivePiece& give);
/// What a GET is answered with.
Answer get(const ClientConfig& config, const std::string& path, const std::string& accept);

}  // namespace anatomynet::http

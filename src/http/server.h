#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "core/error.h"
#include "core/messages.h"
#include "http/config.h"
#include "http/request.h"

namespace anatomynet::http {

/// HTTP/1.1 on one address, over TLS where there is a certificate: a request a connection, whose request line
/// and headers take at most 32 KB and 10 s together, its body 60 s and what Config allows, and its answer 60
/// s. A body is read only when `answer` asks for it. At most 64 connections wait or are served, of which over
/// TLS 24 may come from one address; others are closed. The handshake counts to the first 10 s, and no other
/// connection waits for it. Threads of its own call `answer`.
class Server {
 public:
  using Answer = std::function<Response(const Request&)>;

  /// Listens from here on. `messages` outlives it. Throws Error(usage) for an address or port
  /// that cannot be had, and for a certificate that does not serve.
  Server(Config config, Answer answer, Messages& messages);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::int64_t port() const;  ///< where it listens

  /// Reads certificate and key again, for connections that come from now on; others go on. Throws as the
  /// constructor; then all stays as it is.
  void renew_certificate();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Throws Error(usage) where the certificate and key of `config` do not serve.
void check_certificate(const Config& config);

/// When the first certificate of a PEM file ends, in seconds since 1970; nothing where there is none.
std::optional<std::int64_t> certificate_end(const std::filesystem::path& file);

}  // namespace anatomynet::http

#pragma once
#include <filesystem>
#include <memory>

#include "core/error.h"
#include "http/bounded_stream.h"

struct ssl_ctx_st;
struct ssl_st;

// Internal to the http module.
namespace anatomynet::http {

/// The server's side of TLS 1.2 and 1.3 (BCP 195), with OpenSSL's own choice of ciphers.
class TlsContext {
 public:
  /// PEM files; `certificate` may hold the whole chain. Throws Error(usage) that names the file that does not
  /// serve.
  TlsContext(const std::filesystem::path& certificate, const std::filesystem::path& key);
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

/// A BoundedStream whose bytes go through TLS. The time to read counts the handshake too.
class TlsStream : public BoundedStream {
 public:
  TlsStream(const TlsContext& context, int socket, double read_s, double write_s, std::int64_t most_bytes);

  bool handshake();  ///< false where none came about
  void close();      ///< tells the peer that nothing more comes

 protected:
  Moved receive(char* bytes, size_t most) override;
  Moved send(const char* bytes, size_t count) override;
  bool holds_bytes() const override;

 private:
  struct Free {
    void operator()(ssl_st* connection) const;
  };
  Moved moved(int result);
  std::unique_ptr<ssl_st, Free> tls_;
  bool failed_ = false;
};

}  // namespace anatomynet::http

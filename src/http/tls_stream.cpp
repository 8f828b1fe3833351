#include "http/tls_stream.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <memory>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include "http/server.h"

namespace anatomynet::http {
namespace {

int at_most_int(size_t count) {
  return static_cast<int>(std::min<size_t>(count, std::numeric_limits<int>::max()));
}

[[noreturn]] void refuse(const std::filesystem::path& file, const char* expected) {
  ERR_clear_error();
  throw Error(ErrorKind::usage,
              file.string() + ": does not serve for HTTP over TLS; expected " + std::string(expected));
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsStream::Free::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsContext::TlsContext(const std::filesystem::path& certificate, const std::filesystem::path& key)
    : context_(SSL_CTX_new(TLS_server_method())) {
  if (!context_) throw Error(ErrorKind::memory, "there is no memory for TLS");
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(context_.get(), [](char*, int, int, void*) { return 0; });  // never asks
  if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1)
    refuse(certificate, "a certificate in PEM, with those that signed it behind it");
  if (SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse(key, "the private key of the certificate in PEM, without a password");
}

std::optional<std::int64_t> certificate_end(const std::filesystem::path& file) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_file(file.c_str(), "r"), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
  ERR_clear_error();
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return std::nullopt;
  return ::timegm(&end);
}

TlsStream::TlsStream(const TlsContext& context, int socket, double read_s, double write_s,
                     std::int64_t most_bytes)
    : BoundedStream(socket, read_s, write_s, most_bytes), tls_(SSL_new(context.get())) {
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  failed_ = !tls_ || SSL_set_fd(tls_.get(), socket) != 1;
}

// After a failure the connection must not be used again (SSL_get_error(3)).
BoundedStream::Moved TlsStream::moved(int result) {
  if (result > 0) return {result};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {-1, POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return {-1, POLLOUT};
    case SSL_ERROR_ZERO_RETURN:
      return {0};
    default:
      failed_ = true;
      return {-1, 0};
  }
}

bool TlsStream::handshake() {
  while (!failed_) {
    ERR_clear_error();
    const Moved done = moved(SSL_accept(tls_.get()));
    if (done.bytes > 0) return true;
    if (done.wait_for == 0 || !wait(done.wait_for, read_until())) break;
  }
  failed_ = true;
  ERR_clear_error();
  return false;
}

BoundedStream::Moved TlsStream::receive(char* bytes, size_t most) {
  if (failed_) return {};
  ERR_clear_error();
  return moved(SSL_read(tls_.get(), bytes, at_most_int(most)));
}

BoundedStream::Moved TlsStream::send(const char* bytes, size_t count) {
  if (failed_) return {};
  ERR_clear_error();
  return moved(SSL_write(tls_.get(), bytes, at_most_int(count)));
}

bool TlsStream::holds_bytes() const { return !failed_ && SSL_pending(tls_.get()) > 0; }

void TlsStream::close() {
  if (!failed_) SSL_shutdown(tls_.get());
  ERR_clear_error();
}

}  // namespace anatomynet::http

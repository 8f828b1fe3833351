#include "http/client.h"

#include <algorithm>
#include <charconv>

#include <httplib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace anatomynet::http {
namespace {

constexpr int connect_s = 15, read_s = 60, write_s = 60, most_port = 65535;
constexpr std::size_t piece_bytes = 256 << 10, most_answer = 1 << 20;
constexpr const char* host_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

std::unique_ptr<httplib::ClientImpl> client_of(const ClientConfig& config) {
  std::unique_ptr<httplib::ClientImpl> client;
  if (config.url.tls) {
    auto secure = std::make_unique<httplib::SSLClient>(config.url.host, config.url.port);
    SSL_CTX_set_min_proto_version(secure->ssl_context(), TLS1_2_VERSION);
    if (!config.authorities.empty()) secure->set_ca_cert_path(config.authorities.c_str());
    secure->enable_server_certificate_verification(true);
    client = std::move(secure);
  } else {
    client = std::make_unique<httplib::ClientImpl>(config.url.host, config.url.port);
  }
  client->set_connection_timeout(connect_s);
  client->set_read_timeout(read_s);
  client->set_write_timeout(write_s);
  if (!config.user.empty()) client->set_basic_auth(config.user, config.password);
  return client;
}

// Why a server's certificate is not taken; OpenSSL has no fault to tell where only the name is another.
std::string certificate_problem(const ClientConfig& config, const httplib::ClientImpl& client) {
  const auto& secure = dynamic_cast<const httplib::SSLClient&>(client);
  const long fault = secure.get_openssl_verify_result();
  const std::string signers =
      config.authorities.empty() ? "the system's authorities" : config.authorities.string();
  return "its certificate is not trusted (" +
         (fault == X509_V_OK ? "it is not for " + config.url.host
                             : std::string(X509_verify_cert_error_string(fault))) +
         "); expected a valid one for " + config.url.host + ", signed by " + signers;
}

std::string problem_of(httplib::Error error, const ClientConfig& config, const httplib::ClientImpl& client) {
  const std::string where = config.url.host + " port " + std::to_string(config.url.port);
  switch (error) {
    case httplib::Error::Connection:
      return "cannot connect to " + where;
    case httplib::Error::Read:
      return where + " ended the connection, or said nothing for " + std::to_string(read_s) + " s";
    case httplib::Error::Write:
      return where + " took no more of the request";
    case httplib::Error::SSLConnection:
      return "no TLS connection with " + where + " came about; expected a server of TLS 1.2 or later";
    case httplib::Error::SSLLoadingCerts:
      return config.authorities.string() + " cannot be used; expected certificates in PEM";
    case httplib::Error::SSLServerVerification:
      return certificate_problem(config, client);
    default:
      return httplib::to_string(error);
  }
}

Answer send(const ClientConfig& config, httplib::Request& request) {
  Answer answer;
  request.content_receiver = [&](const char* bytes, size_t count, uint64_t, uint64_t) {
    answer.body.append(bytes, std::min(count, most_answer - std::min(most_answer, answer.body.size())));
    return true;
  };
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  const std::unique_ptr<httplib::ClientImpl> client = client_of(config);
  if (client->send(request, response, error))
    answer.status = response.status;
  else
    answer.problem = problem_of(error, config, *client);
  return answer;
}

}  // namespace

void check_authorities(const ClientConfig& config) {
  if (config.authorities.empty()) return;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  const bool reads =
      context && SSL_CTX_load_verify_locations(context.get(), config.authorities.c_str(), nullptr) == 1;
  ERR_clear_error();
  if (!reads)
    throw Error(ErrorKind::usage,
                config.authorities.string() +
                    ": cannot be used for HTTPS; expected the authorities' certificates in PEM");
}

std::optional<Url> parse_url(const std::string& text) {
  Url url;
  std::size_t at = 0;
  if (text.starts_with("https://")) {
    url.tls = true;
    at = 8;
  } else if (text.starts_with("http://")) {
    at = 7;
  } else {
    return std::nullopt;
  }
  const std::size_t slash = std::min(text.find('/', at), text.size());
  const std::size_t colon = text.rfind(':', slash);
  url.port = url.tls ? 443 : 80;
  std::size_t host_end = slash;
  if (colon != std::string::npos && colon >= at) {
    host_end = colon;
    const char* const end = text.data() + slash;
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, url.port);
    if (error != std::errc{} || stop != end || url.port < 1 || url.port > most_port) return std::nullopt;
  }
  url.host = text.substr(at, host_end - at);
  url.path = text.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  if (url.host.empty() || url.host.find_first_not_of(host_characters) != std::string::npos ||
      url.path.find_first_of("?# \t\r\n") != std::string::npos)
    return std::nullopt;
  return url;
}

Answer post(const ClientConfig& config, const std::string& path, const std::string& content_type,
            const std::string& accept, std::uint64_t bytes, const GivePiece& give) {
  httplib::Request request;
  request.method = "POST";
  request.path = config.url.path + path;
  request.headers = {{"Content-Type", content_type}, {"Accept", accept}};
  request.content_length_ = bytes;
  request.content_provider_ = [&](size_t offset, size_t count, httplib::DataSink& sink) {
    std::string piece;
    return give(offset, std::min(count, piece_bytes), piece) && !piece.empty() &&
           sink.write(piece.data(), piece.size());
  };
  return send(config, request);
}

Answer get(const ClientConfig& config, const std::string& path, const std::string& accept) {
  httplib::Request request;
  request.method = "GET";
  request.path = config.url.path + path;
  request.headers = {{"Accept", accept}};
  return send(config, request);
}

}  // namespace anatomynet::http

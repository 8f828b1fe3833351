#include "service/certificates/dicom_tls.h"

#include <utility>

namespace anatomynet::service {
namespace {

void check(const OFCondition& condition, const std::filesystem::path& file, const std::string& expected) {
  if (condition.good()) return;
  throw Error(ErrorKind::usage,
              file.string() + ": cannot be used for TLS (" + condition.text() + "); expected " + expected);
}

void set_up(DcmTLSTransportLayer& layer, const TlsConfig& tls) {
  layer.setPrivateKeyPasswd("");  // never asks on the terminal
  check(layer.setPrivateKeyFile(tls.key.c_str(), DCF_Filetype_PEM), tls.key, "a private key in PEM");
  check(layer.setCertificateFile(tls.certificate.c_str(), DCF_Filetype_PEM), tls.certificate,
        "a certificate in PEM");
  if (!layer.checkPrivateKeyMatchesCertificate())
    throw Error(ErrorKind::usage, tls.key.string() + ": does not belong to " + tls.certificate.string());
  check(layer.addTrustedCertificateFile(tls.authorities.c_str(), DCF_Filetype_PEM), tls.authorities,
        "certificates in PEM");
  check(layer.setTLSProfile(TSP_Profile_BCP195_ND), tls.certificate, "OpenSSL with TLS 1.2");
  check(layer.activateCipherSuites(), tls.certificate, "OpenSSL with the cipher suites of BCP 195");
  layer.setCertificateVerification(DCV_requireCertificate);
}

DicomTls::Layer make_layer(T_ASC_NetworkRole role, const TlsConfig& tls) {
  auto layer = std::make_shared<DcmTLSTransportLayer>(role, nullptr, OFTrue);
  set_up(*layer, tls);
  return layer;
}

}  // namespace

DicomTls::DicomTls(TlsConfig config) : config_(std::move(config)) { renew(); }

DicomTls::Layer DicomTls::acceptor() const {
  const std::lock_guard guard(mutex_);
  return acceptor_;
}

DicomTls::Layer DicomTls::requestor() const {
  const std::lock_guard guard(mutex_);
  return requestor_;
}

void DicomTls::renew() {
  if (!used()) return;
  Layer acceptor = make_layer(NET_ACCEPTOR, config_), requestor = make_layer(NET_REQUESTOR, config_);
  const std::lock_guard guard(mutex_);
  acceptor_ = std::move(acceptor);
  requestor_ = std::move(requestor);
}

}  // namespace anatomynet::service

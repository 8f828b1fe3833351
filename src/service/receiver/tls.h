#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmtls/tlslayer.h>

#include "service/node_config.h"

// Internal to the service module.
namespace anatomynet::service {

/// Own certificate, and peers' certificates by the authorities', which are demanded; TLS 1.2 or later (PS3.15
/// B.12). Throws Error(usage) that names the file.
void set_up(DcmTLSTransportLayer& layer, const TlsConfig& tls);

/// Whether they serve, where TLS is used; throws as above.
void check_certificates(const TlsConfig& tls);

}  // namespace anatomynet::service

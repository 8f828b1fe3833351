#pragma once
#include <nlohmann/json_fwd.hpp>

#include "service/certificates/certificates.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// How the node is, in parts: database, disk, queue, senders, and certificates where there is TLS. Each has a
/// "status": "ok", "degraded" (work waits) or "failing" (nothing is received); "status" above them is the
/// worst. No patient, job or UID.
nlohmann::json health_json(const NodeConfig& config, Store& store,
                           const Certificates* certificates = nullptr);

}  // namespace anatomynet::service

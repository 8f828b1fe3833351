#pragma once
#include <nlohmann/json_fwd.hpp>

#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::service {

/// How the node is, in four parts: database, disk, queue, senders. Each part has a "status": "ok", "degraded"
/// (work waits) or "failing" (nothing is received); "status" above them is the worst. No patient, job or UID.
nlohmann::json health_json(const NodeConfig& config, Store& store);

}  // namespace anatomynet::service

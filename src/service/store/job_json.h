#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "service/store/store.h"

// Jobs as `serve jobs --json` and the HTTP interface give them. No patient is named.
namespace anatomynet::service {

/// ISO 8601, UTC, whole seconds: 2026-01-31T12:00:00Z.
std::string time_text(std::int64_t ms);

nlohmann::json job_json(Store& store, const Job& job);
/// Adds "history" and "deliveries", lists that may be empty.
void add_history(Store& store, const Job& job, nlohmann::json& out);

}  // namespace anatomynet::service

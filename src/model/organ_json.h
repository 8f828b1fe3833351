#pragma once
#include <nlohmann/json_fwd.hpp>

#include "core/organs.h"

namespace anatomynet::model {

/// An organ table as it stands in weights files and data sets. Missing or ill-typed fields throw json
/// exceptions.
nlohmann::json organs_to_json(const OrganTable& organs);
OrganTable organs_from_json(const nlohmann::json& list);

}  // namespace anatomynet::model

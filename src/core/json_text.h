#pragma once
#include <string>

#include "core/names.h"

namespace anatomynet::core {

/// `json` (nlohmann's, of any kind) as text: on one line, or indented by `indent` spaces. Strings may hold
/// any bytes; what is no UTF-8 becomes U+FFFD, where dump() by itself throws.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace anatomynet::core

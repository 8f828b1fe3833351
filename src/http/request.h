#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/names.h"

namespace anatomynet::service {

/// A request as the site sees it; nothing in it is trusted. Bodies are never read.
struct WebRequest {
  std::string method, path;  ///< path: decoded, without query
  /// Values of a header in their order, and of a parameter of the query.
  std::function<std::vector<std::string>(const std::string&name)> headers, parameters;
  std::string user;  ///< of this machine, by the connection; empty: not known
};

struct WebResponse {
  int status = 200;
  std::string type = "application/json", body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< all others
};

/// What nothing else is said of: nothing may be loaded, framed, guessed, kept or told to other pages.
std::vector<std::pair<std::string, std::string>> closed_headers();
/// The same with another Content-Security-Policy.
std::vector<std::pair<std::string, std::string>> headers_with_policy(const std::string& policy);

/// {"error": text} with `status`.
WebResponse refusal(int status, const std::string& text);

}  // namespace anatomynet::service

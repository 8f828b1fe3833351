#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/names.h"

namespace anatomynet::http {

/// A request as a site sees it; nothing in it is trusted.
struct Request {
  std::string method, path;  ///< path: decoded, without query
  /// Values of a header in their order, and of a parameter of the query.
  std::function<std::vector<std::string>(const std::string&name)> headers, parameters;
  /// Of this machine, by the connection, or of an account; empty: not known.
  std::string user;
  /// Reads the body, which nobody has looked at before; once. 0, or the status to refuse the request with:
  /// 411 without Content-Length, 413 for more than Config::most_body_bytes, 415 compressed, 408 for one that
  /// does not come whole.
  std::function<int(std::string& to)> body{};
  /// The same in pieces, for bodies that are too large to be held; also chunked ones, without Content-Length.
  /// `take` returns false where it wants no more: 400.
  std::function<int(const std::function<bool(std::string_view)>& take)> pieces{};
  std::string address{};  ///< IPv4, where it comes from
};

struct Response {
  int status = 200;
  std::string type = "application/json", body;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< all others
  std::string_view lasting{};  ///< in place of `body`: bytes that outlive the server, such as a whole CT
};

/// What nothing else is said of: nothing may be loaded, framed, guessed, kept or told to other pages.
std::vector<std::pair<std::string, std::string>> closed_headers();
/// The same with another Content-Security-Policy.
std::vector<std::pair<std::string, std::string>> headers_with_policy(const std::string& policy);

/// "/jobs/7" is {"jobs", "7"}; "/" is {""}.
std::vector<std::string> parts_of(const std::string& path);

/// {"error": text} with `status`.
Response refusal(int status, const std::string& text);

}  // namespace anatomynet::http

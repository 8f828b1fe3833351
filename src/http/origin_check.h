#pragma once
#include <optional>

#include "http/config.h"
#include "http/request.h"

namespace anatomynet::http {

/// Requests that change something carry this header. A page of another origin cannot set it without asking
/// (Fetch Standard, CORS preflight), and is never answered that it may.
inline constexpr const char* own_header = "X-Anatomynet";

/// Why a request is refused before anybody looks at its path; nothing: it is not.
///
/// 421: it calls this server by a name that is not configured, as after DNS rebinding. 403: it comes from
/// another origin (Origin, Sec-Fetch-Site), lacks X-Anatomynet where it would change something, or comes from
/// a user who is not among the configured ones. 405: a method that nothing here has.
std::optional<Response> refuse_foreign(const Config& config, const Request& request);

}  // namespace anatomynet::http

#include "http/origin_check.h"

#include <algorithm>
#include <cctype>

namespace anatomynet::http {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The one value of a header; nothing where it lacks, an impossible value where it comes twice.
std::optional<std::string> only(const Request& request, const std::string& name) {
  const std::vector<std::string> values = request.headers(name);
  if (values.empty()) return std::nullopt;
  return values.size() == 1 ? lower(values.front()) : "(repeated)";
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool may_lack_header(const Config& config, const std::string& path) {
  return std::any_of(config.beacon_paths.begin(), config.beacon_paths.end(), [&](const std::string& known) {
    return known.starts_with('*') ? path.ends_with(known.substr(1)) : path == known;
  });
}

bool is_own_host(const Config& config, const std::string& host) {
  const std::string port = std::to_string(config.port);
  for (const std::string& name : {config.address, std::string("127.0.0.1"), std::string("localhost")})
    if (host == name + ':' + port || (config.port == (config.uses_tls() ? 443 : 80) && host == name))
      return true;
  return contains(config.hosts, host);
}

bool is_same_origin(const Config& config, const std::string& origin, const std::string& host) {
  if (origin == "https://" + host) return true;  // ours, or of a proxy before us
  return !config.uses_tls() && origin == "http://" + host;
}

}  // namespace

std::optional<Response> refuse_foreign(const Config& config, const Request& request) {
  const std::optional<std::string> host = only(request, "Host"), origin = only(request, "Origin"),
                                   site = only(request, "Sec-Fetch-Site"),
                                   mode = only(request, "Sec-Fetch-Mode");
  if (!host || !is_own_host(config, *host))
    return refusal(421,
                   "the Host header names another server; right are its address, localhost and hosts of its "
                   "configuration, with the port");
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads && request.method != "POST") {
    Response out = refusal(405, "only GET, HEAD and POST are known");
    out.headers.emplace_back("Allow", "GET, HEAD, POST");
    return out;
  }
  if (origin && !is_same_origin(config, *origin, *host))
    return refusal(403, "the request comes from another origin");
  const bool link = reads && mode == "navigate" && only(request, "Sec-Fetch-Dest") == "document";
  if (site && site != "same-origin" && site != "none" && !link)
    return refusal(403, "the request comes from a page of another origin");
  const bool beacon = origin && may_lack_header(config, request.path);
  const bool open = config.is_open_post(request.path);
  if (!reads && !beacon && !open && only(request, own_header) != "1")
    return refusal(403,
                   std::string("a request that changes something needs the header ") + own_header + ": 1");
  if (!config.users.empty() && !contains(config.open_paths, request.path) &&
      (request.user.empty() || !contains(config.users, request.user)))
    return refusal(403, "this user of the machine is not among those who may use this server");
  return std::nullopt;
}

}  // namespace anatomynet::http

#include "http/request.h"

#include <nlohmann/json.hpp>

#include "core/json_text.h"

namespace anatomynet::http {

std::vector<std::pair<std::string, std::string>> headers_with_policy(const std::string& policy) {
  return {{"Content-Security-Policy", policy},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

std::vector<std::pair<std::string, std::string>> closed_headers() {
  return headers_with_policy("default-src 'none'; frame-ancestors 'none'");
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 1;
  while (true) {
    const std::size_t slash = path.find('/', at);
    parts.push_back(path.substr(at, slash - at));
    if (slash == std::string::npos) return parts;
    at = slash + 1;
  }
}

Response refusal(int status, const std::string& text) {
  return {status, "application/json", json_text(nlohmann::json{{"error", text}}) + '\n', closed_headers()};
}

}  // namespace anatomynet::http

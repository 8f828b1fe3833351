#pragma once
#include <map>
#include <string>
#include <vector>

#include "http/request.h"

namespace anatomynet::test {

using Headers = std::multimap<std::string, std::string>;

/// A request as the server gives it to the site; the Host header is right unless `headers` has one.
inline http::Request web_request(const std::string& method, const std::string& path, Headers headers = {},
                                 const Headers& parameters = {}, const std::string& user = "alice") {
  if (!headers.contains("Host")) headers.emplace("Host", "127.0.0.1:8080");
  const auto values = [](const Headers& all, const std::string& name) {
    std::vector<std::string> out;
    const auto [from, to] = all.equal_range(name);
    for (auto it = from; it != to; ++it) out.push_back(it->second);
    return out;
  };
  return {method, path, [=](const std::string& name) { return values(headers, name); },
          [=](const std::string& name) { return values(parameters, name); }, user};
}

}  // namespace anatomynet::test

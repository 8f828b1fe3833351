#include "review/site.h"

#include "core/error.h"
#include "http/origin_check.h"

namespace anatomynet::review {

http::Response Site::answer(const http::Request& request) {
  try {
    if (std::optional<http::Response> refused = http::refuse_foreign(config_, request)) return *refused;
    if (request.path.empty() || request.path[0] != '/') return http::refusal(404, "nothing is here");
    if (access_.admits(request)) {
      if (request.method == "POST" && request.path == "/api/goodbye")
        access_.left();
      else
        access_.seen();
      return case_.answer(request);
    }
    if (request.method != "POST" && request.path == "/")
      if (const std::string cookie = access_.redeem(request); !cookie.empty()) {
        http::Response page = case_.answer(request);
        page.headers.emplace_back("Set-Cookie", cookie);
        return page;
      }
    return http::refusal(401, "open the address that the program printed; its token serves once");
  } catch (const std::exception& error) {
    messages_.error(std::string("HTTP: ") + error.what());
    return http::refusal(500, error.what());  // the reader is who runs the program
  }
}

}  // namespace anatomynet::review

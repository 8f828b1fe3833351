#include "review/access.h"

#include "core/clock.h"
#include "http/secrets.h"

namespace anatomynet::review {

Access::Access(double token_s, std::int64_t port)
    : token_(http::random_text()),
      cookie_(http::random_text()),
      cookie_name_("anatomynet_review_" + std::to_string(port)),
      token_until_(seconds_now() + token_s) {}

bool Access::admits(const http::Request& request) const {
  return used_ && http::same_secret(http::cookie_of(request, cookie_name_), cookie_);
}

std::string Access::redeem(const http::Request& request) {
  const std::vector<std::string> given = request.parameters("token");
  if (given.size() != 1 || !http::same_secret(given[0], token_) || seconds_now() > token_until_) return "";
  if (used_.exchange(true)) return "";
  seen();
  return cookie_name_ + "=" + cookie_ + "; Path=/; HttpOnly; SameSite=Strict";
}

void Access::seen() {
  seen_ = seconds_now();
  left_ = 0;
}

void Access::left() { left_ = seconds_now(); }

bool Access::is_over() const {
  const double now = seconds_now(), left = left_;
  if (!used_) return now > token_until_;
  return (left > 0 && now - left > after_left_s) || now - seen_ > after_seen_s;
}

}  // namespace anatomynet::review

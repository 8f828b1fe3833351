#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "http/request.h"

namespace anatomynet::review {

/// Who may talk to the server: whoever opens the address with its token first, and nobody else. The token is
/// taken once and within its time; from then on a cookie stands for it.
class Access {
 public:
  /// `port`: where the server listens. Cookies know no ports, so that the name of this one has it.
  Access(double token_s, std::int64_t port);

  const std::string& token() const { return token_; }

  /// Whether the request carries the session's cookie.
  bool admits(const http::Request& request) const;
  /// The value of Set-Cookie where the request's one parameter "token" is the token, for the first time and
  /// in time; else empty.
  std::string redeem(const http::Request& request);

  /// The page lives.
  void seen();
  /// The page was closed, or is loaded anew.
  void left();
  /// Whether nobody looks any more: some seconds after `left`, long after the last `seen`, or where the token
  /// was never used in its time.
  bool is_over() const;

  static constexpr double after_left_s = 5, after_seen_s = 300;

 private:
  const std::string token_, cookie_, cookie_name_;
  const double token_until_;
  std::atomic<bool> used_{false};
  std::atomic<double> seen_{0}, left_{0};
};

}  // namespace anatomynet::review

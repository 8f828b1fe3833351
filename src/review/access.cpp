#include "review/access.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "core/clock.h"
#include "core/error.h"

namespace anatomynet::review {
namespace {

constexpr std::string_view cookie_name = "anatomynet_review";

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string random_text() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw Error(ErrorKind::internal, "the system gives no random numbers");
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

Access::Access(double token_s)
    : token_(random_text()), cookie_(random_text()), token_until_(seconds_now() + token_s) {}

bool Access::admits(const http::Request& request) const {
  if (!used_) return false;
  for (const std::string& header : request.headers("Cookie")) {
    std::string_view rest = header;
    while (!rest.empty()) {  // "a=b; c=d": a cookie of another server on this machine may come along
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view one = rest.substr(0, end);
      while (one.starts_with(' ')) one.remove_prefix(1);
      if (one.starts_with(cookie_name) && one.size() > cookie_name.size() && one[cookie_name.size()] == '=' &&
          same_secret(one.substr(cookie_name.size() + 1), cookie_))
        return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

std::string Access::redeem(const http::Request& request) {
  const std::vector<std::string> given = request.parameters("token");
  if (given.size() != 1 || !same_secret(given[0], token_) || seconds_now() > token_until_) return "";
  if (used_.exchange(true)) return "";
  seen();
  return std::string(cookie_name) + "=" + cookie_ + "; Path=/; HttpOnly; SameSite=Strict";
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

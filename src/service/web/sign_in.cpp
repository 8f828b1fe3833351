#include "service/web/sign_in.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <sodium.h>

#include "core/clock.h"
#include "http/form.h"
#include "http/secrets.h"
#include "service/web/sign_in_page.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t most_form_bytes = 8192;
constexpr int most_waiting = 4;
constexpr const char* wrong = "No account has this name and password.";
constexpr const char* too_often = "Too many attempts; wait up to 15 minutes.";

std::string first_of(const http::Request& request, const char* header) {
  const std::vector<std::string> values = request.headers(header);
  return values.size() == 1 ? values.front() : std::string();
}

http::Response led_to(const char* path) {
  http::Response out{303, "text/plain; charset=utf-8", "", http::closed_headers()};
  out.headers.emplace_back("Location", path);
  return out;
}

// With Referrer-Policy no-referrer a form would be sent with "Origin: null".
std::vector<std::pair<std::string, std::string>> form_headers() {
  auto headers = http::headers_with_policy(sign_in_policy);
  for (auto& [name, value] : headers)
    if (name == "Referrer-Policy") value = "same-origin";
  return headers;
}

std::string set_cookie(const std::string& name, const std::string& value) {
  return name + '=' + value + "; Path=/; Secure; HttpOnly; SameSite=Strict" +
         (value.empty() ? "; Max-Age=0" : "");
}

std::string decoded(const std::string& base64) {
  std::string out(base64.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), base64.data(),
                        base64.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return "";
  out.resize(length);
  return out;
}

// Nothing where the body is larger than a form of ours: it is not waited for then.
std::optional<std::map<std::string, std::string>> form_of(const http::Request& request) {
  const std::string length = first_of(request, "Content-Length");
  std::size_t bytes = 0;
  const char* const end = length.data() + length.size();
  const auto [stop, error] = std::from_chars(length.data(), end, bytes);
  std::string body;
  if (error != std::errc{} || stop != end || bytes > most_form_bytes || !request.body ||
      request.body(body) != 0)
    return std::nullopt;
  return http::form_fields(body);
}

}  // namespace

SignIn::SignIn(const NodeConfig& config, Messages& messages, Note note)
    : config_(config),
      note_(std::move(note)),
      session_cookie_("__Host-anatomynet-" + std::to_string(config.http.port)),  // cookies know no ports
      form_cookie_("__Host-anatomynet-login-" + std::to_string(config.http.port)),
      accounts_(config.accounts, messages),
      sessions_(config.session_idle_s, config.session_s),
      nobody_(hash_password(http::random_text())) {}

std::optional<http::Response> SignIn::answer_or_identify(const http::Request& request, Visitor& visitor) {
  const bool reads = request.method != "POST";
  if (reads && request.path == "/health") {  // for monitors; it tells no patient
    visitor = {"", Role::view};
    return std::nullopt;
  }
  if (reads && request.path == login) return page(200, "");
  if (reads && request.path == "/login.css")
    return http::Response{200, "text/css; charset=utf-8", sign_in_css, form_headers()};
  if (!reads && request.path == login) return sign_in(request);
  if (const std::string authorization = first_of(request, "Authorization"); !authorization.empty())
    return by_password(request, authorization, visitor);
  const std::string secret = http::cookie_of(request, session_cookie_);
  const bool stays_idle = !first_of(request, idle_header).empty();
  const std::optional<Visitor> found = sessions_.find(secret, *accounts_.now(), seconds_now(), stays_idle);
  if (!found) {
    const bool browser = reads && first_of(request, "Accept").find("text/html") != std::string::npos;
    return browser ? led_to(login) : http::refusal(401, "sign in at /login, or by HTTP basic authentication");
  }
  visitor = *found;
  if (!reads && request.path == logout) return sign_out(request, visitor, secret);
  if (!reads && !http::same_secret(first_of(request, token_header), visitor.token))
    return http::refusal(403, std::string("the request lacks its session's token (") + token_header +
                                  "); load the page again");
  return std::nullopt;
}

SignIn::Outcome SignIn::check(const std::string& name, const std::string& password,
                              const http::Request& request, Account& found) {
  // Hashing takes 64 MB and a processor: one at a time, and who would wait long is sent away.
  struct Waiting {
    std::atomic<int>& count;
    ~Waiting() { --count; }
  } waiting{waiting_};
  if (++waiting_ > most_waiting) return Outcome::too_often;
  const std::lock_guard guard(checking_);
  const double now = seconds_now();
  if (limits_.is_paused(name, request.address, now)) return Outcome::too_often;
  const std::shared_ptr<const AccountList> accounts = accounts_.now();
  const Account* const account = find_account(*accounts, name);
  const bool good = fits(account ? account->password_hash : nobody_, password) && account;
  if (!good) {
    limits_.failed(name, request.address, now);
    const bool paused = limits_.is_paused(name, request.address, now);
    note_(account ? name : "unknown account", "was refused",
          "wrong password, from " + request.address + (paused ? "; the next attempt must wait" : ""));
    return Outcome::wrong;
  }
  limits_.succeeded(name, request.address);
  found = *account;
  return Outcome::good;
}

http::Response SignIn::page(int status, const std::string& said) const {
  const std::string token = http::random_text();
  http::Response out{status, "text/html; charset=utf-8", sign_in_page(token, said), form_headers()};
  out.headers.emplace_back("Set-Cookie", set_cookie(form_cookie_, token));
  return out;
}

http::Response SignIn::sign_in(const http::Request& request) {
  const auto form = form_of(request);
  if (!form) return http::refusal(413, "the form must have a Content-Length of at most 8192 bytes");
  const auto field = [&](const char* key) {
    const auto at = form->find(key);
    return at == form->end() ? std::string() : at->second;
  };
  const std::string expected = http::cookie_of(request, form_cookie_);
  if (expected.empty() || !http::same_secret(field("token"), expected))
    return page(403, "The page was too old. Try again.");
  Account account;
  switch (check(field("name"), field("password"), request, account)) {
    case Outcome::wrong:
      return page(401, wrong);
    case Outcome::too_often:
      return page(429, too_often);
    case Outcome::good:
      break;
  }
  if (account.role == Role::send) {
    note_(account.name, "was refused", "an account that sends has no page");
    return page(403, "This account is for programs that send.");
  }
  sessions_.end(http::cookie_of(request, session_cookie_));
  note_(account.name, "signed in", "from " + request.address);
  http::Response out = led_to("/");
  out.headers.emplace_back("Set-Cookie",
                           set_cookie(session_cookie_, sessions_.begin(account, seconds_now())));
  out.headers.emplace_back("Set-Cookie", set_cookie(form_cookie_, ""));
  return out;
}

// By the page's script with the token as a header, or by a form with the token as a field.
http::Response SignIn::sign_out(const http::Request& request, const Visitor& visitor,
                                const std::string& secret) {
  std::string token = first_of(request, token_header);
  if (token.empty())
    if (auto form = form_of(request)) token = (*form)["token"];
  if (!http::same_secret(token, visitor.token))
    return http::refusal(403, "the request lacks its session's token; load the page again");
  sessions_.end(secret);
  note_(visitor.name, "signed out", "from " + request.address);
  http::Response out = led_to(login);
  out.headers.emplace_back("Set-Cookie", set_cookie(session_cookie_, ""));
  return out;
}

// No challenge is ever sent, so that no browser keeps a password to send it along with other pages' requests.
std::optional<http::Response> SignIn::by_password(const http::Request& request,
                                                  const std::string& authorization, Visitor& visitor) {
  const std::string basic = "Basic ";
  const std::string both =
      authorization.starts_with(basic) ? decoded(authorization.substr(basic.size())) : "";
  const std::size_t colon = both.find(':');
  if (colon == std::string::npos) return http::refusal(401, "expected HTTP basic authentication");
  Account account;
  switch (check(both.substr(0, colon), both.substr(colon + 1), request, account)) {
    case Outcome::wrong:
      return http::refusal(401, wrong);
    case Outcome::too_often:
      return http::refusal(429, too_often);
    case Outcome::good:
      break;
  }
  visitor = {account.name, account.role};
  return std::nullopt;
}

}  // namespace anatomynet::service

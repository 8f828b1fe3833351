#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "http/request.h"
#include "service/accounts/accounts_file.h"
#include "service/accounts/sessions.h"
#include "service/accounts/sign_in_limits.h"
#include "service/node_config.h"

namespace anatomynet::service {

/// A page to sign in, sessions in a cookie that scripts do not see and other sites do not send, and HTTP
/// basic authentication (RFC 7617) for programs. For any number of threads; `config` and `messages` outlive
/// it.
class SignIn {
 public:
  /// `note` is told who signed in or out and who was kept out, for the audit log. Throws as Accounts.
  using Note = std::function<void(const std::string& who, const std::string& did, const std::string& with)>;
  SignIn(const NodeConfig& config, Messages& messages, Note note);

  /// Answers what belongs to signing in, and refuses who is not signed in (303 to the page for a browser,
  /// else 401) or lacks the session's token (403). Otherwise nothing, and `visitor` is who asks. After
  /// refuse_foreign.
  std::optional<http::Response> answer_or_identify(const http::Request& request, Visitor& visitor);

  /// Paths to which a form of ours is sent, which can have no header.
  static constexpr const char* login = "/login";
  static constexpr const char* logout = "/logout";
  /// What a POST of a session carries.
  static constexpr const char* token_header = "X-Anatomynet-Token";
  /// A request with it does not lengthen its session.
  static constexpr const char* idle_header = "X-Anatomynet-Idle";

 private:
  enum class Outcome { good, wrong, too_often };
  Outcome check(const std::string& name, const std::string& password, const http::Request& request,
                Account& found);
  http::Response page(int status, const std::string& said) const;
  http::Response sign_in(const http::Request& request);
  http::Response sign_out(const http::Request& request, const Visitor& visitor, const std::string& secret);
  std::optional<http::Response> by_password(const http::Request& request, const std::string& authorization,
                                            Visitor& visitor);

  const NodeConfig& config_;
  const Note note_;
  const std::string session_cookie_, form_cookie_;
  Accounts accounts_;
  Sessions sessions_;
  const std::string nobody_;  ///< the hash of a password that nobody has: an unknown name takes as long
  std::mutex checking_;
  std::atomic<int> waiting_{0};
  SignInLimits limits_;  ///< under checking_
};

}  // namespace anatomynet::service

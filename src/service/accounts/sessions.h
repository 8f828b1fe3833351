#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "service/accounts/accounts_file.h"

namespace anatomynet::service {

/// Who a request comes from.
struct Visitor {
  std::string name;              ///< of an account, or of a user of this machine; empty: not known
  Role role = Role::administer;  ///< without accounts everybody of this machine may do everything
  std::string token{};           ///< what a POST of the session must carry: no other page knows it
};

/// Who is signed in. A session ends `idle_s` after its last request, `longest_s` after its first, with the
/// process, and when its account is removed or gets another password. Times in seconds. For any number of
/// threads.
class Sessions {
 public:
  Sessions(double idle_s, double longest_s) : idle_s_(idle_s), longest_s_(longest_s) {}

  /// A new session's secret, 256 bits, for its cookie.
  std::string begin(const Account& account, double now);
  /// `stays_idle`: the request does not lengthen the session, such as one that a page makes by itself.
  std::optional<Visitor> find(const std::string& secret, const AccountList& accounts, double now,
                              bool stays_idle = false);
  void end(const std::string& secret);

 private:
  struct Session {
    std::string name, password_hash, token;
    double first = 0, last = 0;
  };
  bool is_over(const Session& session, double now) const;

  const double idle_s_, longest_s_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;  ///< by the secret's SHA-256: looking one up tells nothing of it
};

}  // namespace anatomynet::service

#include "service/accounts/sessions.h"

#include <algorithm>

#include "core/sha256.h"
#include "http/secrets.h"

namespace anatomynet::service {
namespace {

constexpr std::size_t most_sessions = 1000;

std::string digest_of_secret(const std::string& secret) {
  Sha256 hash;
  hash.add_field(secret);
  return hash.hex();
}

}  // namespace

bool Sessions::is_over(const Session& session, double now) const {
  return now - session.last > idle_s_ || now - session.first > longest_s_;
}

std::string Sessions::begin(const Account& account, double now) {
  const std::string secret = http::random_text();
  const std::lock_guard guard(mutex_);
  std::erase_if(sessions_, [&](const auto& one) { return is_over(one.second, now); });
  if (sessions_.size() >= most_sessions)
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  sessions_[digest_of_secret(secret)] = {account.name, account.password_hash, http::random_text(), now, now};
  return secret;
}

std::optional<Visitor> Sessions::find(const std::string& secret, const AccountList& accounts, double now,
                                      bool stays_idle) {
  const std::lock_guard guard(mutex_);
  const auto found = sessions_.find(digest_of_secret(secret));
  if (found == sessions_.end()) return std::nullopt;
  Session& session = found->second;
  const Account* const account = find_account(accounts, session.name);
  if (is_over(session, now) || !account || account->password_hash != session.password_hash) {
    sessions_.erase(found);
    return std::nullopt;
  }
  if (!stays_idle) session.last = now;
  return Visitor{account->name, account->role, session.token};
}

void Sessions::end(const std::string& secret) {
  const std::lock_guard guard(mutex_);
  sessions_.erase(digest_of_secret(secret));
}

}  // namespace anatomynet::service

#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <sys/stat.h>

#include "core/messages.h"
#include "service/accounts/account.h"

namespace anatomynet::service {

using AccountList = std::vector<Account>;

/// The file of accounts: a line NAME:ROLE:HASH each. Throws Error(usage), with file and line, for a line of
/// another form, a name that comes twice, and for a file that others than its owner may read or write or that
/// belongs to another user.
AccountList read_accounts(const std::filesystem::path& file);

/// Reads (no file: no accounts), changes and writes the file, with mode 0600; one process at a time. Written
/// by root it belongs to whom its folder belongs to, such as the node's user.
void change_accounts(const std::filesystem::path& file, const std::function<void(AccountList&)>& change);

const Account* find_account(const AccountList& accounts, std::string_view name);

/// The file as it is now: read again when it changes. For any number of threads.
class Accounts {
 public:
  /// Throws as read_accounts, and Error(usage) where there is no account.
  Accounts(std::filesystem::path file, Messages& messages);

  /// Empty while the file cannot be read, which a message tells: then nobody signs in, and no session counts.
  std::shared_ptr<const AccountList> now();

 private:
  const std::filesystem::path file_;
  Messages& messages_;
  std::mutex mutex_;
  struct stat seen_ {};
  std::shared_ptr<const AccountList> list_;
};

}  // namespace anatomynet::service

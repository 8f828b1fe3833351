#include "service/accounts/accounts_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/private_file.h"

namespace anatomynet::service {
namespace {
namespace fs = std::filesystem;

constexpr off_t most_bytes = 1 << 20;

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(ErrorKind::usage, file.string() + ": " + why);
}

class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  operator int() const { return fd_; }

 private:
  const int fd_;
};

std::string text_of(const fs::path& path) {
  const OpenFile file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0)
    refuse(path, std::string("cannot be read: ") + std::strerror(errno) +
                     "; anatomynet serve accounts add NAME --role administer makes it");
  struct stat info {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > most_bytes)
    refuse(path, "must be a file of accounts");
  if ((info.st_mode & 077) != 0)
    refuse(path,
           "others than its owner may read or write the accounts; chmod 600 it, and change the passwords");
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    refuse(path, "belongs to another user than the node's; chown it");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (::read(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    refuse(path, "cannot be read whole");
  return text;
}

AccountList accounts_in(const std::string& text, const fs::path& file) {
  AccountList accounts;
  std::istringstream in(text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = std::to_string(++number) + ": ";
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::usage, file.string() + ':' + where + why);
    };
    if (first == std::string::npos || second == std::string::npos)
      fail("is no account, which is NAME:ROLE:HASH; anatomynet serve accounts writes such lines");
    Account account{line.substr(0, first), Role::view, line.substr(second + 1)};
    const std::optional<Role> role = role_of(line.substr(first + 1, second - first - 1));
    if (!is_account_name(account.name)) fail("the name must be 1 to 32 letters, digits, '.', '_' and '-'");
    if (!role) fail("the role must be one of view, review, administer, send");
    if (!is_password_hash(account.password_hash))
      fail("the hash of the password was changed; anatomynet serve accounts password " + account.name +
           " sets a new one");
    if (find_account(accounts, account.name)) fail("the account " + account.name + " comes twice");
    account.role = *role;
    accounts.push_back(account);
  }
  return accounts;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size && a.st_mode == b.st_mode &&
         a.st_uid == b.st_uid && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
         a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

}  // namespace

AccountList read_accounts(const fs::path& file) { return accounts_in(text_of(file), file); }

void change_accounts(const fs::path& file, const std::function<void(AccountList&)>& change) {
  const fs::path folder = fs::absolute(file).parent_path();
  const OpenFile lock(folder, O_RDONLY | O_DIRECTORY);
  struct stat owner {};
  if (lock < 0 || ::flock(lock, LOCK_EX) != 0 || ::fstat(lock, &owner) != 0)
    throw Error(ErrorKind::output, folder.string() + ": " + std::strerror(errno) + "; make the folder first");
  AccountList accounts;
  std::error_code none;
  if (fs::exists(fs::symlink_status(file, none))) accounts = read_accounts(file);
  change(accounts);
  std::string text;
  for (const Account& account : accounts)
    text += account.name + ':' + std::string(to_text(account.role)) + ':' + account.password_hash + '\n';
  write_private_file(file, text);
  if (::geteuid() == 0 && ::lchown(file.c_str(), owner.st_uid, owner.st_gid) != 0)
    throw Error(ErrorKind::output,
                file.string() + ": cannot be given to the owner of its folder: " + std::strerror(errno));
}

const Account* find_account(const AccountList& accounts, std::string_view name) {
  const auto found = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const Account& account) { return account.name == name; });
  return found == accounts.end() ? nullptr : &*found;
}

Accounts::Accounts(fs::path file, Messages& messages) : file_(std::move(file)), messages_(messages) {
  ::lstat(file_.c_str(), &seen_);
  list_ = std::make_shared<const AccountList>(read_accounts(file_));
  if (list_->empty())
    refuse(file_, "has no account; anatomynet serve accounts add NAME --role administer adds one");
}

std::shared_ptr<const AccountList> Accounts::now() {
  const std::lock_guard guard(mutex_);
  struct stat present {};
  ::lstat(file_.c_str(), &present);  // all zero where it is gone
  if (same_file(present, seen_)) return list_;
  seen_ = present;
  try {
    list_ = std::make_shared<const AccountList>(read_accounts(file_));
    messages_.info("the accounts were read again");
  } catch (const Error& error) {
    list_ = std::make_shared<const AccountList>();
    messages_.error(std::string(error.what()) + "; until then nobody can sign in");
  }
  return list_;
}

}  // namespace anatomynet::service

#include <algorithm>
#include <cstdio>
#include <iostream>

#include <termios.h>
#include <unistd.h>

#include "cli/serve/serve_options.h"
#include "core/error.h"
#include "service/accounts/accounts_file.h"
#include "service/node_config.h"
#include "service/store/store.h"

namespace anatomynet::cli {
namespace {

using service::Account;
using service::AccountList;

constexpr char ctrl_c = 3;

[[noreturn]] void fail(const std::string& why) { throw Error(ErrorKind::usage, "serve accounts: " + why); }

// The terminal does not show what is typed. Ctrl-C ends the line, not the program: it would stay so.
class SilentTerminal {
 public:
  SilentTerminal() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_cc[VEOL] = ctrl_c;
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    if (known_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputc('\n', stderr);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_{};
  const bool known_;
};

// One byte more than a password may have says that it is too long.
std::string read_line() {
  std::string line;
  for (char c = 0; line.size() <= service::longest_password && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';)
    if (c == ctrl_c)
      fail("ended by Ctrl-C; nothing was changed");
    else
      line.push_back(c);
  return line;
}

// Asked for twice at a terminal; else the first line of stdin. Never an argument: others can see these.
std::string read_password() {
  if (::isatty(STDIN_FILENO) == 0) return read_line();
  const auto ask = [](const char* what) {
    std::fputs(what, stderr);
    const SilentTerminal silent;
    return read_line();
  };
  const std::string password = ask("Password: ");
  if (ask("Again: ") != password) fail("the two passwords differ; nothing was changed");
  return password;
}

service::Role role_in(const ServeOptions& options) {
  if (options.role.empty()) fail("add needs --role view, review, administer or send");
  return *service::role_of(options.role);
}

void change(AccountList& accounts, const std::string& what, const std::string& name, const Account& given) {
  const auto found =
      std::find_if(accounts.begin(), accounts.end(), [&](const Account& one) { return one.name == name; });
  const bool known = found != accounts.end();
  if (what == "add" && known) fail("there is an account " + name + "; password and remove change it");
  if (what != "add" && !known) fail("there is no account " + name + "; accounts list tells them");
  if (what == "add")
    accounts.push_back(given);
  else if (what == "password")
    found->password_hash = given.password_hash;
  else
    accounts.erase(found);
}

void print(const AccountList& accounts) {
  for (const Account& account : accounts)
    std::printf("%-32s  %s\n", account.name.c_str(), std::string(service::to_text(account.role)).c_str());
}

}  // namespace

void act_on_accounts(const ServeOptions& options) {
  const service::NodeConfig config = service::read_node_config(options.config);
  if (config.accounts.empty())
    throw Error(ErrorKind::usage,
                options.config + ": names no file of accounts; add accounts = \"FILE\" under [http]");
  const std::vector<std::string>& words = options.jobs;
  const std::string what = words.empty() ? "" : words.front();
  if (words.size() == 1 && what == "list") return print(service::read_accounts(config.accounts));
  if (words.size() != 2 || (what != "add" && what != "remove" && what != "password"))
    fail("expected add NAME, remove NAME, password NAME or list");
  const std::string& name = words[1];
  if (!service::is_account_name(name)) fail("a name has 1 to 32 letters, digits, '.', '_' and '-'");
  Account account{name, service::Role::view, ""};
  if (what == "add") account.role = role_in(options);
  if (what != "remove") account.password_hash = service::hash_password(read_password());
  service::change_accounts(config.accounts,
                           [&](AccountList& accounts) { change(accounts, what, name, account); });
  service::Store store(config.store);
  const std::string done = what == "add"      ? "added the account " + name + ", " + options.role
                           : what == "remove" ? "removed the account " + name
                                              : "set the password of the account " + name;
  store.audit().write(service::user_name(), done, 0);
  std::printf("%s\n", done.c_str());
}

}  // namespace anatomynet::cli

#include "service/accounts/account.h"

#include <algorithm>
#include <array>

#include <sodium.h>

namespace anatomynet::service {
namespace {

constexpr std::array<std::string_view, 4> roles = {"send", "view", "review", "administer"};
constexpr auto operations = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr auto memory = crypto_pwhash_MEMLIMIT_INTERACTIVE;
constexpr std::size_t longest_name = 32;
constexpr std::string_view name_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

void start_sodium() {
  if (sodium_init() < 0) throw Error(ErrorKind::internal, "libsodium cannot start");
}

}  // namespace

std::string_view to_text(Role role) { return roles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_of(std::string_view text) {
  const auto found = std::find(roles.begin(), roles.end(), text);
  if (found == roles.end()) return std::nullopt;
  return static_cast<Role>(found - roles.begin());
}

bool may(Role role, Role needed) {
  if (needed == Role::send || role == Role::send) return role == needed || role == Role::administer;
  return role >= needed;
}

bool is_account_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         name.find_first_not_of(name_characters) == std::string_view::npos;
}

std::string hash_password(const std::string& password) {
  start_sodium();
  if (password.size() < shortest_password || password.size() > longest_password)
    throw Error(ErrorKind::usage, "a password must have 12 to 1000 bytes, this one has " +
                                      std::to_string(password.size()) + "; several words make a good one");
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str(text.data(), password.data(), password.size(), operations, memory) != 0)
    throw Error(ErrorKind::memory, "there is no memory to hash a password (64 MB)");
  return text.data();
}

bool is_password_hash(const std::string& text) {
  start_sodium();
  return text.size() < crypto_pwhash_STRBYTES && text.starts_with(crypto_pwhash_STRPREFIX) &&
         text.find('\0') == std::string::npos &&
         crypto_pwhash_str_needs_rehash(text.c_str(), operations, memory) == 0;
}

bool fits(const std::string& password_hash, const std::string& password) {
  start_sodium();
  return password.size() <= longest_password &&
         crypto_pwhash_str_verify(password_hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace anatomynet::service

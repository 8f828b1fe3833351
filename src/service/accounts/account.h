#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace anatomynet::service {

/// What an account may do over HTTP. `send` only brings instances (STOW-RS); each of the others may do what
/// those before it may, and administer may send too.
enum class Role { send, view, review, administer };

std::string_view to_text(Role role);
std::optional<Role> role_of(std::string_view text);
/// Whether who has `role` may do what is for `needed`.
bool may(Role role, Role needed);

struct Account {
  std::string name;  ///< 1 to 32 letters, digits, '.', '_' and '-'
  Role role = Role::view;
  std::string password_hash;  ///< hash_password
};

bool is_account_name(std::string_view name);

/// Argon2id with a salt of its own, in libsodium's text form (64 MB, some tenth of a second). Throws
/// Error(usage) for passwords of less than 12 or more than 1000 bytes, Error(memory).
std::string hash_password(const std::string& password);

/// Whether the text is a hash of hash_password: of another cost it is not, so that a changed file makes no
/// sign-in cheap to guess or dear to check.
bool is_password_hash(const std::string& text);

/// Whether the password is the one of a hash. Takes as long as hash_password.
bool fits(const std::string& password_hash, const std::string& password);

inline constexpr std::size_t shortest_password = 12, longest_password = 1000;

}  // namespace anatomynet::service

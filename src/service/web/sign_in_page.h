#pragma once
#include <string>

#include "core/names.h"

namespace anatomynet::service {

/// The page to sign in: a form without scripts. `token` and `said` are put in as they are: hexadecimal
/// digits, and one of the node's own sentences or nothing.
std::string sign_in_page(const std::string& token, const std::string& said);
extern const char* const sign_in_css;

inline constexpr const char* sign_in_policy =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors "
    "'none'";

}  // namespace anatomynet::service

#pragma once
#include <string>
#include <string_view>

#include "core/error.h"
#include "http/request.h"

namespace anatomynet::http {

/// 64 hexadecimal digits (256 bits) that nobody can guess. Throws Error(internal) where the system has none.
std::string random_text();

/// In a time that does not tell where they differ.
bool same_secret(std::string_view a, std::string_view b);

/// The value of a cookie; empty where the request has none of that name, or several.
std::string cookie_of(const Request& request, std::string_view name);

}  // namespace anatomynet::http

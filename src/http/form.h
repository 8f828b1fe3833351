#pragma once
#include <map>
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::http {

/// Fields of a body of application/x-www-form-urlencoded (URL Standard 5.1), of each the first.
std::map<std::string, std::string> form_fields(std::string_view body);

}  // namespace anatomynet::http

#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "core/error.h"
#include "core/names.h"

namespace anatomynet::core {

/// The text as a TOML 1.0 table. Throws Error(usage) "where:line: ..." unless it is valid and its keys,
/// tables and lists nest moderately deep (core/json.h). All of the program's TOML comes through here.
/// `expected`, where given, says in the message what the file should be.
toml::table parse_toml(std::string_view text, const std::string& where, const std::string& expected = {});

/// The same of a regular file that is not empty.
toml::table read_toml(const std::filesystem::path& file, const std::string& expected);

}  // namespace anatomynet::core

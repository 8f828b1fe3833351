#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "core/names.h"

namespace anatomynet::core {

/// What is wrong with `name`, which comes from a file, as the name of a file or folder; empty where nothing
/// is. Right is one path component that every system takes: 1 to 120 bytes of valid UTF-8, letters of any
/// script among them, without control characters, invisible characters, / \ : * ? " < > and |, that begins
/// with neither '.', '-' nor a space and ends in neither '.' nor a space, and is no device of Windows.
std::string wrong_with_file_name(std::string_view name);

inline bool is_file_name(std::string_view name) { return wrong_with_file_name(name).empty(); }

/// `name` where is_file_name takes it. Else what is wrong is replaced by '_' and a checksum of the name is
/// added, so that different names stay different.
std::string safe_file_name(const std::string& name);

/// Whether `relative` stays in the folder that it is relative to: no absolute path, no "." or "..", not
/// empty, no NUL.
bool stays_inside(const std::filesystem::path& relative);

}  // namespace anatomynet::core

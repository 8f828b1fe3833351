#pragma once
#include <filesystem>
#include <string>

#include "core/names.h"

namespace anatomynet::core {

/// As write_file_atomically (core/output.h), but at no moment anybody but its owner may read the file (mode
/// 0600).
void write_private_file(const std::filesystem::path& path, const std::string& bytes);

}  // namespace anatomynet::core

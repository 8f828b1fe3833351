#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "core/names.h"

namespace anatomynet::service {

/// One of a job's results, of moderate size (256 MB); nothing for what is absent, a link or no regular file.
std::optional<std::string> read_result(const std::filesystem::path& file);

}  // namespace anatomynet::service

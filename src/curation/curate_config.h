#pragma once
#include <filesystem>

#include "curation/curator.h"

namespace anatomynet::curation {

/// A curation as TOML (docs/data.md). Paths are relative to the file, or to `data_root` where that is given;
/// "~" is not expanded. Throws Error(usage) with file, line and key.
Curation read_curate_config(const std::filesystem::path& file, const std::filesystem::path& data_root);

}  // namespace anatomynet::curation

#pragma once
#include <cstdint>
#include <filesystem>

#include "service/rules.h"

namespace anatomynet::service {

/// What rules look at, read from the header of one slice of the series. What the association says is left
/// empty. Throws Error(input) where the slice cannot be read.
SeriesFacts series_facts(const std::filesystem::path& slice, std::int64_t slices);

}  // namespace anatomynet::service

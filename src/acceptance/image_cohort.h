#pragma once
#include <filesystem>
#include <memory>

#include "curation/source.h"

namespace anatomynet::acceptance {

/// CTs in image files with what `evaluate` finds beside them (evaluation/structure_files.h), as a source of
/// cases. Structures without a CT are noted. Throws Error(input) where there is nothing.
std::unique_ptr<curation::Source> make_image_source(const curation::SourceOptions& options);

}  // namespace anatomynet::acceptance

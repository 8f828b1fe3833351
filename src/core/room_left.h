#pragma once
#include <filesystem>

#include "core/names.h"

namespace anatomynet::core {

/// Whether a further 16 MB, more than one case writes, can be written into `folder`: tells a case that cannot
/// be written, for instance since a file lies where its folder should be, from a disk that is full or gone.
bool room_left(const std::filesystem::path& folder);

}  // namespace anatomynet::core

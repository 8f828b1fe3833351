#pragma once
#include "core/names.h"

namespace anatomynet::core {

/// "0.1.0 (git 1a2b3c4d)": the release and the commit it was built from, "-dirty" where files differ from it;
/// the release alone outside a git checkout.
const char* version() noexcept;

}  // namespace anatomynet::core

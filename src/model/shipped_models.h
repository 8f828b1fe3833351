#pragma once
#include <filesystem>

namespace anatomynet::model {

/// The shipped weights for clinical CT: looked for in $ANATOMYNET_MODELS, then share/anatomynet/models beside
/// the program's bin folder, then models/ of the source tree it was built in. Throws Error(model) naming
/// these places.
std::filesystem::path default_model();

}  // namespace anatomynet::model

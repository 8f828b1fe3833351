#pragma once
#include <filesystem>
#include <string>

namespace anatomynet::model {

/// The shipped weights for clinical CT: looked for in $ANATOMYNET_MODELS, then share/anatomynet/models beside
/// the program's bin folder, then models/ of the source tree it was built in. Throws Error(model) naming
/// these places, and `option`, with which the user can name a file instead.
std::filesystem::path default_model(const std::string& option = "--model");

}  // namespace anatomynet::model

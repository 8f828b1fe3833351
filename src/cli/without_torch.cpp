#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "core/error.h"

// Stands in for the command that needs libtorch.
namespace anatomynet::cli {

Action declare_train(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [] {
    throw Error(ErrorKind::usage, "train: this build has no libtorch; configure with -DANATOMYNET_TORCH=ON");
  };
}

}  // namespace anatomynet::cli

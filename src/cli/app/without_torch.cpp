#include <CLI/CLI.hpp>

#include "cli/app/command.h"
#include "core/error.h"

// Stands in for the commands that need libtorch.
namespace anatomynet::cli {

namespace {

Action refuse(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [name = app.get_name()] {
    throw Error(ErrorKind::usage,
                name + ": this build has no libtorch; configure with -DANATOMYNET_TORCH=ON");
  };
}

}  // namespace

Action declare_experiment(CLI::App& app) { return refuse(app); }
Action declare_train(CLI::App& app) { return refuse(app); }

}  // namespace anatomynet::cli

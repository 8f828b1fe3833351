#include <CLI/CLI.hpp>

#include "cli/app/command.h"
#include "core/error.h"

// Stands in for the commands that read or write images in a build without DCMTK.
namespace anatomynet::cli {
namespace {

Action refuse(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [name = app.get_name()] {
    throw Error(ErrorKind::usage,
                name + ": this build reads and writes no images; configure with -DANATOMYNET_IO=ON");
  };
}

}  // namespace

Action declare_convert(CLI::App& app) { return refuse(app); }
Action declare_curate(CLI::App& app) { return refuse(app); }
Action declare_evaluate(CLI::App& app) { return refuse(app); }
Action declare_phantom(CLI::App& app) { return refuse(app); }

}  // namespace anatomynet::cli

#include <CLI/CLI.hpp>

#include "cli/app/command.h"
#include "core/error.h"

// Stands in for info and segment in a build without DCMTK.
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

Action declare_info(CLI::App& app) { return refuse(app); }
Action declare_segment(CLI::App& app) { return refuse(app); }

}  // namespace anatomynet::cli

#include <CLI/CLI.hpp>

#include "cli/app/command.h"
#include "core/error.h"

// Stands in for the commands about engines in a build without oneDNN or without DCMTK.
namespace anatomynet::cli {
namespace {

Action refuse(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [name = app.get_name()] {
    throw Error(ErrorKind::usage,
                name +
                    ": this build lacks the oneDNN engine or reads no images; configure with "
                    "-DANATOMYNET_ONEDNN=ON -DANATOMYNET_IO=ON");
  };
}

}  // namespace

Action declare_bench(CLI::App& app) { return refuse(app); }
Action declare_check_engine(CLI::App& app) { return refuse(app); }
Action declare_quantise(CLI::App& app) { return refuse(app); }

}  // namespace anatomynet::cli

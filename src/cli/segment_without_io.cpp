#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "core/error.h"

// Stands in for segment in a build without DCMTK.
namespace anatomynet::cli {

Action declare_segment(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [] {
    throw Error(ErrorKind::usage,
                "segment: this build reads and writes no images; configure with -DANATOMYNET_IO=ON");
  };
}

}  // namespace anatomynet::cli

#include <CLI/CLI.hpp>

#include "cli/app/command.h"
#include "core/error.h"

// Stands in for the command that writes ONNX models in a build without libonnx.
namespace anatomynet::cli {

Action declare_export(CLI::App& app) {
  app.allow_extras()->fallthrough(false);
  return [] {
    throw Error(ErrorKind::usage, "export: this build has no ONNX; configure with -DANATOMYNET_ONNX=ON");
  };
}

}  // namespace anatomynet::cli

#include "cli/app/command_line.h"

// Stands in for the command that writes ONNX models in a build without libonnx.
namespace anatomynet::cli {

Action declare_export(CommandLine& app) {
  return refuse(app, "this build has no ONNX; configure with -DANATOMYNET_ONNX=ON");
}

}  // namespace anatomynet::cli

#include "cli/app/command_line.h"

// Stands in for the command in a build that reads no images.
namespace anatomynet::cli {

Action declare_adapt(CommandLine& app) {
  return refuse(app, "this build reads and writes no images; configure with -DANATOMYNET_IO=ON");
}

}  // namespace anatomynet::cli

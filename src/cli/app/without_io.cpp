#include "cli/app/command_line.h"

// Stands in for the commands that read or write images in a build without DCMTK.
namespace anatomynet::cli {
namespace {

constexpr auto why = "this build reads and writes no images; configure with -DANATOMYNET_IO=ON";

}  // namespace

Action declare_convert(CommandLine& app) { return refuse(app, why); }
Action declare_curate(CommandLine& app) { return refuse(app, why); }
Action declare_evaluate(CommandLine& app) { return refuse(app, why); }
Action declare_phantom(CommandLine& app) { return refuse(app, why); }
Action declare_watch(CommandLine& app) { return refuse(app, why); }

}  // namespace anatomynet::cli

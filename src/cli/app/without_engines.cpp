#include "cli/app/command_line.h"

// Stands in for the commands about engines in a build without oneDNN or without DCMTK.
namespace anatomynet::cli {
namespace {

constexpr auto why =
    "this build lacks the oneDNN engine or reads no images; configure with "
    "-DANATOMYNET_ONEDNN=ON -DANATOMYNET_IO=ON";

}  // namespace

Action declare_bench(CommandLine& app) { return refuse(app, why); }
Action declare_check_engine(CommandLine& app) { return refuse(app, why); }
Action declare_quantise(CommandLine& app) { return refuse(app, why); }

}  // namespace anatomynet::cli

#include "cli/app/command_line.h"

// Stands in for commission, info and segment in a build without DCMTK.
namespace anatomynet::cli {

namespace {

constexpr auto why = "this build reads and writes no images; configure with -DANATOMYNET_IO=ON";

}  // namespace

Action declare_commission(CommandLine& app) { return refuse(app, why); }
Action declare_info(CommandLine& app) { return refuse(app, why); }
Action declare_segment(CommandLine& app) { return refuse(app, why); }

}  // namespace anatomynet::cli

#include "cli/app/command_line.h"

// Stands in for the commands that need libtorch.
namespace anatomynet::cli {

namespace {

constexpr auto why = "this build has no libtorch; configure with -DANATOMYNET_TORCH=ON";

}  // namespace

Action declare_adapt(CommandLine& app) { return refuse(app, why); }
Action declare_experiment(CommandLine& app) { return refuse(app, why); }
Action declare_train(CommandLine& app) { return refuse(app, why); }

}  // namespace anatomynet::cli

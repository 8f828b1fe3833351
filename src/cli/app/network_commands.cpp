#include "cli/app/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_adapt(CommandLine& app);
Action declare_export(CommandLine& app);
Action declare_experiment(CommandLine& app);
Action declare_train(CommandLine& app);

namespace {

constexpr Command table[] = {
    {"export", "Write a weights file as an ONNX model", "Engines", declare_export},
    {"train", "Train a network on a data set, also a partly labelled one", "Training", declare_train},
    {"adapt", "Adapt the weights to a clinic's own contours, and say for which organs it helps", "Training",
     declare_adapt},
    {"experiment", "Train and measure the variants of a study under one budget, and write its tables",
     "Training", declare_experiment},
};

}  // namespace

std::span<const Command> network_commands() { return table; }

void hand_over(int, char**) {}

}  // namespace anatomynet::cli

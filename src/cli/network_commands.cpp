#include "cli/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_experiment(CLI::App& app);
Action declare_segment(CLI::App& app);
Action declare_train(CLI::App& app);

namespace {

constexpr Command table[] = {
    {"segment", "Contour the organs at risk on a head-and-neck CT", "Contouring", declare_segment},
    {"train", "Train a network on a data set, also a partly labelled one", "Training", declare_train},
    {"experiment", "Train and measure the variants of a study under one budget, and write its tables",
     "Training", declare_experiment},
};

}  // namespace

std::span<const Command> network_commands() { return table; }

void hand_over(int, char**) {}

}  // namespace anatomynet::cli

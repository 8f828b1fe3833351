#include "cli/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_segment(CLI::App& app);
Action declare_train(CLI::App& app);

namespace {

constexpr Command table[] = {
    {"segment", "Contour the organs at risk on a head-and-neck CT", "Contouring", declare_segment},
    {"train", "Train a network on a data set, also a partly labelled one", "Training", declare_train},
};

}  // namespace

std::span<const Command> network_commands() { return table; }

void hand_over(int, char**) {}

}  // namespace anatomynet::cli

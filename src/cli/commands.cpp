#include "cli/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_evaluate(CLI::App& app);
Action declare_phantom(CLI::App& app);

namespace {

constexpr Command table[] = {
    {"evaluate", "Compare two label maps organ by organ", "Measuring", declare_evaluate},
    {"phantom", "Make a synthetic head-and-neck patient with known organs", "Data", declare_phantom},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace anatomynet::cli

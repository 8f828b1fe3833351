#include "cli/command.h"

namespace anatomynet::cli {

// One a file of the same name.
Action declare_phantom(CLI::App& app);

namespace {

constexpr Command table[] = {
    {"phantom", "Make a synthetic head-and-neck patient with known organs", "Data", declare_phantom},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace anatomynet::cli

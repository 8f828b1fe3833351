#pragma once
#include <functional>
#include <span>
#include <string_view>

namespace anatomynet::cli {

class CommandLine;

/// What a command does once its options are parsed. Results go to stdout, everything else to stderr; failure
/// is an exception (core/error.h), which main turns into one line and an exit code.
using Action = std::function<void()>;

/// One row of the command table. `declare` adds the command's options to `app`, once, and returns its action;
/// parsing, `--help` and docs/commands.md all come from what it declares.
struct Command {
  std::string_view name;     ///< as typed
  std::string_view summary;  ///< one line, without a full stop
  std::string_view group;    ///< heading in `anatomynet --help`
  Action (*declare)(CommandLine& app);
};

/// All commands of this program, in the order in which they are listed: engine_commands(),
/// network_commands(), then the others.
std::span<const Command> commands();
std::span<const Command> engine_commands();
std::span<const Command> other_commands();

// Loading libtorch and what it brings takes half a second and 100 MB, which commands that do without it
// should not pay. So there are two programs of one command line: `anatomynet`, and beside it
// `anatomynet-network`, which has all commands. Each defines these two (network_program.cpp,
// network_commands.cpp):

/// The commands that train or read networks with libtorch; none in `anatomynet`.
std::span<const Command> network_commands();

/// `anatomynet` becomes `anatomynet-network`, arguments and process id kept, unless the command line names
/// one of its own commands; where one of these wants the torch engine, it becomes it then. Throws
/// Error(internal) when that file is not there.
void hand_over(int argc, char** argv);

}  // namespace anatomynet::cli

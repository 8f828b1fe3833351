#pragma once
#include <functional>
#include <span>
#include <string_view>

namespace CLI {
class App;
}

namespace anatomynet::cli {

/// What a command does once its options are parsed. Results go to stdout, everything else to stderr; failure
/// is an exception (core/error.h), which main turns into one line and an exit code.
using Action = std::function<void()>;

/// One row of the command table. `declare` adds the command's options to `app`, once, and returns its action;
/// parsing, `--help` and docs/commands.md all come from what it declares.
struct Command {
  std::string_view name;     ///< as typed
  std::string_view summary;  ///< one line, without a full stop
  std::string_view group;    ///< heading in `anatomynet --help`
  Action (*declare)(CLI::App& app);
};

/// All commands, in the order in which they are listed.
std::span<const Command> commands();

}  // namespace anatomynet::cli

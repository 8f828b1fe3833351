#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/app/command_line.h"
#include "cli/app/documents.h"

namespace CLI {
class App;
}

namespace anatomynet::cli {

/// The command line of the whole program, built from the command table.
class Application {
 public:
  Application();
  ~Application();

  /// Parses and runs. Help and version go to stdout. Throws Error(usage) for a command line it cannot take,
  /// and whatever the command throws.
  void run(int argc, const char* const* argv);

  /// docs/commands.md: every command's help, as Markdown.
  std::string reference() const;

  /// The same commands as manual pages, of this program and of its part that needs libtorch, and as
  /// completion in bash (documents.h).
  std::string man_page() const;
  std::string network_man_page() const;
  std::string bash_completion() const;

 private:
  std::vector<DocumentedCommand> documented() const;

  struct Declared {
    CLI::App* app;
    std::unique_ptr<CommandLine> options;
    Action action;
  };
  std::unique_ptr<CLI::App> app_;
  std::vector<Declared> declared_;
  bool verbose_ = false, quiet_ = false, reference_only_ = false, man_only_ = false,
       network_man_only_ = false, completion_only_ = false;
};

}  // namespace anatomynet::cli

#pragma once
#include <string>
#include <vector>

#include "cli/app/command_line.h"

// The command table in the forms that an installation needs; the build makes them with the program itself.
namespace anatomynet::cli {

struct DocumentedCommand {
  std::string name, summary;
  std::vector<Option> options;
};

/// anatomynet(1) with all commands, in roff's man macros.
std::string man_page_of(const std::vector<DocumentedCommand>& commands);

/// anatomynet-network(1) with the commands that need libtorch.
std::string network_man_page_of(const std::vector<DocumentedCommand>& commands);

/// A script for bash-completion: the commands, then the options of the command that is there; file names
/// else.
std::string bash_completion_of(const std::vector<DocumentedCommand>& commands);

}  // namespace anatomynet::cli

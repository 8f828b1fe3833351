#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "cli/command.h"
#include "core/error.h"

namespace anatomynet::cli {

std::span<const Command> network_commands() { return {}; }

void hand_over(int argc, char** argv) {
  // Every option before the command is a flag, so the first word is the command.
  const auto word = std::find_if(argv + 1, argv + argc, [](const char* a) { return a[0] != '-'; });
  const std::string command = word == argv + argc ? "" : *word;
  for (const Command& own : other_commands())
    if (own.name == command) return;
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) return;

  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto program = here.parent_path() / "anatomynet-network";
  ::execv(program.c_str(), argv);
  throw Error(ErrorKind::internal, program.string() + ": cannot be started (" + std::strerror(errno) +
                                       "); it holds the network's commands and belongs beside anatomynet");
}

}  // namespace anatomynet::cli

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "cli/app/command.h"
#include "core/error.h"
#include "inference/make_engine.h"

namespace anatomynet::cli {
namespace {

char** arguments = nullptr;

[[noreturn]] void become_the_network_program() {
  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto program = here.parent_path() / "anatomynet-network";
  ::execv(program.c_str(), arguments);
  throw Error(ErrorKind::internal, program.string() + ": cannot be started (" + std::strerror(errno) +
                                       "); it holds the network's commands and belongs beside anatomynet");
}

}  // namespace

std::span<const Command> network_commands() { return {}; }

void hand_over(int argc, char** argv) {
  arguments = argv;
  // Every option before the command is a flag, so the first word is the command.
  const auto word = std::find_if(argv + 1, argv + argc, [](const char* a) { return a[0] != '-'; });
  const std::string command = word == argv + argc ? "" : *word;
#ifndef ANATOMYNET_CUDA  // a GPU is the torch engine's, and must be asked first
  for (const Command& own : engine_commands())
    if (own.name == command) return;
#endif
  for (const Command& own : other_commands())
    if (own.name == command) return;
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) return;
  become_the_network_program();
}

}  // namespace anatomynet::cli

namespace anatomynet::inference {

// The torch engine is in the other program. Engines are made before anything is written, so nothing is lost.
bool torch_is_built() { return true; }
bool torch_has_gpu() { return false; }
std::unique_ptr<Engine> make_torch_engine(const model::Model&, const TorchOptions&) {
  cli::become_the_network_program();
}

}  // namespace anatomynet::inference

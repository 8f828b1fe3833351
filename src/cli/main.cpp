#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "cli/application.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/log.h"
#include "core/error.h"
#include "core/output.h"

namespace anatomynet::cli {
namespace {

int fail(const Error& error) {
  std::cerr << "anatomynet: error: " << with_final_paths(error.what()) << '\n';
  return exit_code(error.kind());
}

// Some libraries put a stack trace below their message.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int run(int argc, char** argv) {
  try {
    hand_over(argc, argv);
    Application().run(argc, argv);
    if (!std::cout.flush() || std::fflush(stdout) != 0)
      throw Error(ErrorKind::output,
                  "standard output: cannot write the results; is the disk full or the pipe closed?");
    return 0;
  } catch (const Error& error) {
    return fail(error);
  } catch (const std::bad_alloc&) {
    return fail({ErrorKind::memory, "out of memory; use a machine with more, or a smaller volume"});
  } catch (const std::exception& error) {
    return fail({ErrorKind::internal,
                 first_line(error.what()) + "; this is a fault of the program, please report it"});
  }
}

}  // namespace
}  // namespace anatomynet::cli

int main(int argc, char** argv) {
  anatomynet::cli::start_log();
  anatomynet::cli::handle_interrupts();
  return anatomynet::cli::run(argc, argv);
}

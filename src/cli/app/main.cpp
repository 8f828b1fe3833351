#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <system_error>

#include "cli/app/application.h"
#include "cli/app/command.h"
#include "cli/app/exit_status.h"
#include "cli/app/interrupt.h"
#include "cli/app/log.h"
#include "cli/app/memory_end.h"
#include "core/error.h"
#include "core/output.h"

namespace anatomynet::cli {
namespace {

int fail(const Error& error) {
  std::cerr << "anatomynet: error: " << with_final_paths(error.what()) << '\n';
  return exit_code(error.kind());
}

Error stdout_closed() {
  return {ErrorKind::output,
          "standard output: cannot write the results; is the disk full or the pipe closed?"};
}

// Some libraries put a stack trace below their message.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int run(int argc, char** argv) {
  try {
    handle_interrupts();
    hand_over(argc, argv);
    Application().run(argc, argv);
    if (!std::cout.flush() || std::fflush(stdout) != 0) return fail(stdout_closed());
    return 0;
  } catch (const ExitStatus& status) {
    return std::cout.flush() && std::fflush(stdout) == 0 ? status.code : fail(stdout_closed());
  } catch (const Error& error) {
    return fail(error);
  } catch (const std::bad_alloc&) {
    return fail_for_memory(out_of_memory_text);
  } catch (const std::system_error& error) {
    if (const char* text = memory_text_of(error)) return fail_for_memory(text);
    return fail({ErrorKind::internal,
                 first_line(error.what()) + "; this is a fault of the program, please report it"});
  } catch (const std::exception& error) {
    return fail({ErrorKind::internal,
                 first_line(error.what()) + "; this is a fault of the program, please report it"});
  }
}

}  // namespace
}  // namespace anatomynet::cli

int main(int argc, char** argv) {
  anatomynet::cli::prepare_for_the_end_of_memory();
  anatomynet::cli::start_log();
  return anatomynet::cli::run(argc, argv);
}

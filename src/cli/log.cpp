#include "cli/log.h"

#include <cstdlib>
#include <memory>
#include <string_view>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace anatomynet::cli {
namespace {

bool stderr_redraws() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && terminal && std::string_view(terminal) != "dumb";
}

}  // namespace

void start_log() {
  auto logger =
      std::make_shared<spdlog::logger>("anatomynet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  // On a terminal a message first wipes the progress bar, which is drawn again below it.
  logger->set_pattern(stderr_redraws() ? "\r\x1b[K%n: %l: %v" : "%n: %l: %v");
  spdlog::set_default_logger(std::move(logger));
}

void set_verbosity(int verbosity) {
  spdlog::set_level(verbosity > 0   ? spdlog::level::debug
                    : verbosity < 0 ? spdlog::level::warn
                                    : spdlog::level::info);
}

bool shows_progress() { return stderr_redraws() && spdlog::should_log(spdlog::level::info); }

}  // namespace anatomynet::cli

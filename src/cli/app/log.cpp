#include "cli/app/log.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <spdlog/details/console_globals.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/text.h"

namespace anatomynet::cli {
namespace {

class MessageSink : public spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex> {
 public:
  MessageSink() : stdout_sink_base(messages()) {}

  // Names of files and ROIs may hold anything.
  void log(const spdlog::details::log_msg& message) override {
    const std::string text = clean_text({message.payload.data(), message.payload.size()}, longest_message);
    spdlog::details::log_msg clean = message;
    clean.payload = text;
    stdout_sink_base::log(clean);
  }
};

bool stderr_redraws() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && terminal && std::string_view(terminal) != "dumb";
}

}  // namespace

std::FILE* messages() {
  static std::FILE* const file = [] {
    const int copy = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    std::FILE* const opened = copy >= 0 ? ::fdopen(copy, "w") : nullptr;
    if (opened) std::setvbuf(opened, nullptr, _IONBF, 0);
    return opened ? opened : stderr;
  }();
  return file;
}

void start_log() {
  auto logger = std::make_shared<spdlog::logger>("anatomynet", std::make_shared<MessageSink>());
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

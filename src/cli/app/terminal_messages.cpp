#include "cli/app/terminal_messages.h"

#include <spdlog/spdlog.h>

namespace anatomynet::cli {

void TerminalMessages::debug(const std::string& text) { spdlog::debug("{}", text); }
void TerminalMessages::info(const std::string& text) { spdlog::info("{}", text); }
void TerminalMessages::warning(const std::string& text) { spdlog::warn("{}", text); }
void TerminalMessages::error(const std::string& text) { spdlog::error("{}", text); }

void TerminalMessages::progress(std::string_view stage, double fraction) {
  if (progress_) progress_(stage, fraction);
}

}  // namespace anatomynet::cli

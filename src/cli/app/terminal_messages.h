#pragma once
#include "core/messages.h"
#include "core/progress.h"

namespace anatomynet::cli {

/// Messages of library code on stderr (log.h), and its progress to where a command shows it.
class TerminalMessages : public Messages {
 public:
  explicit TerminalMessages(Progress progress = {}) : progress_(std::move(progress)) {}

  void debug(const std::string& text) override;
  void info(const std::string& text) override;
  void warning(const std::string& text) override;
  void error(const std::string& text) override;
  void progress(std::string_view stage, double fraction) override;

 private:
  Progress progress_;
};

}  // namespace anatomynet::cli

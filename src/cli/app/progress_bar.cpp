#include "cli/app/progress_bar.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/app/log.h"
#include "core/text.h"

namespace anatomynet::cli {
namespace {

constexpr auto redraw_interval = std::chrono::milliseconds(100);

int terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

ProgressBar::ProgressBar() : shown_(shows_progress()) {}

ProgressBar::~ProgressBar() {
  if (!drawn_.empty()) std::fputs("\r\x1b[K", messages());
}

Progress ProgressBar::callback() {
  return [this](std::string_view stage, double fraction) { update(stage, fraction); };
}

std::string ProgressBar::line(std::string_view stage, double fraction, int columns) {
  fraction = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  const std::string percent = std::to_string(static_cast<int>(fraction * 100)) + "%";
  std::string text(stage);
  const int width = std::min(40, columns - static_cast<int>(text.size()) - 8);
  if (width >= 10) {
    const auto full = static_cast<std::size_t>(fraction * width);
    text += " [" + std::string(full, '=') + std::string(static_cast<std::size_t>(width) - full, ' ') + "]";
  }
  text += " " + percent;
  return text.substr(0, static_cast<std::size_t>(std::max(columns - 1, 0)));
}

void ProgressBar::update(std::string_view stage, double fraction) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (stage == stage_ && now - last_ < redraw_interval) return;
  stage_ = stage;
  last_ = now;
  drawn_ = line(clean_text(stage), fraction, terminal_columns());
  std::fputs(("\r\x1b[K" + drawn_).c_str(), messages());
  std::fflush(messages());
}

}  // namespace anatomynet::cli

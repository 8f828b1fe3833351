#pragma once
#include <chrono>
#include <string>

#include "core/progress.h"

namespace anatomynet::cli {

/// One redrawn line on stderr while work runs: stage, bar, per cent. Shown on a terminal only (log.h) and
/// wiped when it goes out of scope, whatever the way out.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// To hand to library code; valid while the bar lives. Takes the share done of one stage, 0 to 1.
  Progress callback();

  /// The line for a stage, in at most `columns` characters.
  static std::string line(std::string_view stage, double fraction, int columns);

 private:
  void update(std::string_view stage, double fraction);

  bool shown_;
  std::string stage_, drawn_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace anatomynet::cli

#include "cli/segment/stage_times.h"

#include <cstdio>

#include "core/clock.h"

namespace anatomynet::cli {

Progress StageTimes::watching(Progress inner) {
  return [this, inner = std::move(inner)](std::string_view stage, double fraction) {
    if (stages_.empty() || stages_.back().first != stage) begin(stage);
    if (inner) inner(stage, fraction);
  };
}

void StageTimes::begin(std::string_view stage) {
  const double at = seconds_now();
  if (!stages_.empty()) stages_.back().second += at - since_;
  since_ = at;
  stages_.emplace_back(stage, 0.0);
}

std::string StageTimes::text() {
  begin("");
  stages_.pop_back();
  std::string out;
  for (const auto& [stage, seconds] : stages_) {
    if (seconds < 0.005) continue;
    char number[32];
    std::snprintf(number, sizeof number, " %.2f s", seconds);
    out += (out.empty() ? "" : ", ") + stage + number;
  }
  return out;
}

}  // namespace anatomynet::cli

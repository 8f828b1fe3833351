#pragma once
#include <chrono>
#include <ctime>
#include <string>

#include "core/names.h"

namespace anatomynet::core {

/// Seconds of a clock that never goes back, for differences.
inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds since 1970, UTC; the clock may be set while the program runs.
inline double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A time in UTC as strftime(3) lays it out.
inline std::string utc_text(std::time_t time, const char* layout) {
  std::tm utc{};
  char text[64];
  return {text, std::strftime(text, sizeof text, layout, ::gmtime_r(&time, &utc))};
}
inline constexpr const char* iso_8601 = "%Y-%m-%dT%H:%M:%SZ";
inline constexpr const char* utc_minutes = "%Y-%m-%d %H:%M UTC";  ///< for people

}  // namespace anatomynet::core

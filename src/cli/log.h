#pragma once
#include <cstdio>

namespace anatomynet::cli {

/// Standard error as it was at the start, unbuffered. While a reader of images works, file descriptor 2 leads
/// nowhere (ITK's libraries print there), which must not swallow what another thread has to say.
std::FILE* messages();

/// Sends spdlog's default logger to stderr, one clean line a message (core/text.h): "anatomynet: warning:
/// ...".
void start_log();

/// Positive: debug messages too; 0: information and up; negative: warnings and errors alone, and no progress
/// bar.
void set_verbosity(int verbosity);

/// True where a person watches: stderr is a terminal that can redraw a line, and messages are not turned off.
bool shows_progress();

}  // namespace anatomynet::cli

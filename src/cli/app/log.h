#pragma once
#include <cstdio>

namespace anatomynet::cli {

/// Standard error as it was at the start, unbuffered. Whatever libraries do to file descriptor 2, messages
/// get there.
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

#pragma once

namespace anatomynet::cli {

/// Sends spdlog's default logger to stderr, one line a message: "anatomynet: warning: ...".
void start_log();

/// Positive: debug messages too; 0: information and up; negative: warnings and errors alone, and no progress
/// bar.
void set_verbosity(int verbosity);

/// True where a person watches: stderr is a terminal that can redraw a line, and messages are not turned off.
bool shows_progress();

}  // namespace anatomynet::cli

#pragma once

namespace anatomynet::cli {

/// From here on Ctrl-C, SIGTERM and SIGHUP end the program at once with 128 + signal (Ctrl-C: 130) and
/// without half-made output. To be called before any other thread starts.
void handle_interrupts();

}  // namespace anatomynet::cli

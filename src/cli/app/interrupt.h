#pragma once

namespace anatomynet::cli {

/// From here on Ctrl-C, SIGTERM and SIGHUP end the program at once with 128 + signal (Ctrl-C: 130) and
/// without half-made output. To be called before any other thread starts.
void handle_interrupts();

/// While it lives, the first such signal only sets a flag, for work that saves before it ends; a second one
/// ends the program as above.
class GracefulStop {
 public:
  GracefulStop();
  ~GracefulStop();
  GracefulStop(const GracefulStop&) = delete;
  GracefulStop& operator=(const GracefulStop&) = delete;
  bool requested() const;
};

}  // namespace anatomynet::cli

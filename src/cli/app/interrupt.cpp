#include "cli/app/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "cli/app/log.h"
#include "core/output.h"

namespace anatomynet::cli {
namespace {

std::atomic<bool> graceful{false}, stop_requested{false};

void end_on_signal(sigset_t signals) {
  int signal = 0;
  do {
    if (sigwait(&signals, &signal) != 0) return;
  } while (graceful && !stop_requested.exchange(true));
  [[maybe_unused]] const auto held = discard_unfinished_output();
  if (shows_progress()) std::fputs("\r\x1b[K", messages());
  std::fputs("anatomynet: interrupted\n", messages());
  ::_exit(128 + signal);
}

}  // namespace

void handle_interrupts() {
  // A closed pipe becomes a failed write, reported like a full disk.
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current {};
    const bool ignored = sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
    if (!ignored) sigaddset(&signals, signal);  // nohup keeps its meaning
  }
  // Blocked here and so in every later thread; the one below takes them outside a handler's limits.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(end_on_signal, signals).detach();
}

GracefulStop::GracefulStop() {
  stop_requested = false;
  graceful = true;
}

GracefulStop::~GracefulStop() { graceful = false; }

bool GracefulStop::requested() const { return stop_requested; }

}  // namespace anatomynet::cli

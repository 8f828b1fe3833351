#include "service/queue/contour_child.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/error.h"

namespace anatomynet::service {
namespace {

constexpr std::string_view error_mark = "anatomynet: error: ";
constexpr auto pause = std::chrono::milliseconds(100);

// Between fork and exec, where other threads' locks may be held: system calls alone.
[[noreturn]] void become(char* const* arguments, const char* log, const ChildLimits& limits, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  if (in < 0 || out < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) ::_exit(127);
  if (limits.memory_mb > 0) {
    const auto bytes = static_cast<rlim_t>(limits.memory_mb) << 20;
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};  // a core file would hold the patient's data
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::close_range(3, ~0U, 0);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

std::string last_error_in(const std::filesystem::path& log) {
  std::ifstream in(log);
  std::string found;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(error_mark)) found = line.substr(error_mark.size());
  return found;
}

}  // namespace

Fault fault_of(const ChildEnd& end) {
  if (end.exit_code == exit_code(ErrorKind::output)) return Fault::output;
  return end.exit_code >= 2 && end.exit_code <= 4 ? Fault::lasting : Fault::passing;
}

ChildEnd run_child(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                   const ChildLimits& limits, const std::function<bool()>& stop) {
  std::vector<std::string> texts = {"anatomynet"};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(pointers.data(), log.c_str(), limits, parent);
  if (child < 0)
    throw Error(ErrorKind::memory, std::string("cannot start a process: ") + std::strerror(errno));
  ChildEnd end;
  const double started = seconds_now();
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    end.timed_out = end.timed_out || (limits.time_s > 0 && seconds_now() - started > double(limits.time_s));
    end.stopped = end.stopped || stop();
    if (end.timed_out || end.stopped) {
      ::kill(-child, SIGKILL);
      ::kill(child, SIGKILL);
    }
    std::this_thread::sleep_for(pause);
  }
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.error = last_error_in(log);
  return end;
}

}  // namespace anatomynet::service

#pragma once
#include <cstdint>
#include <cstdio>
#include <functional>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace anatomynet::test {

// Runs `check` in a process of its own, which may limit itself; its result is the exit code, -1 for a signal.
inline int in_a_child(const std::function<int()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline std::int64_t address_space() {  // pages, first field: an oracle beside /proc/self/status
  std::int64_t pages = 0;
  FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file || std::fscanf(file, "%ld", &pages) != 1) pages = 0;
  if (file) std::fclose(file);
  return pages * ::sysconf(_SC_PAGESIZE);
}

// Leaves this process `more` bytes beyond what it has.
inline bool limit_address_space(std::int64_t more) {
  const auto bytes = static_cast<rlim_t>(address_space() + more);
  const rlimit limit{bytes, bytes};
  return ::setrlimit(RLIMIT_AS, &limit) == 0;
}

}  // namespace anatomynet::test

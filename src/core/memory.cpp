#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <sys/resource.h>

namespace anatomynet {
namespace {

// The number after `key` in a file of "Key:   123 kB" lines, in bytes; -1 where absent.
std::int64_t kilobytes_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return std::stoll(line.substr(key.size())) * 1024;
  return -1;
}

std::int64_t number_in(const char* file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  return in >> value ? value : -1;  // "max" is no number: no limit
}

}  // namespace

std::int64_t available_memory() {
  std::int64_t available = kilobytes_of("/proc/meminfo", "MemAvailable:");
  const auto limit = [&](std::int64_t bytes) {
    if (bytes >= 0) available = available < 0 ? bytes : std::min(available, bytes);
  };
  const std::int64_t group = number_in("/sys/fs/cgroup/memory.max"),
                     used = number_in("/sys/fs/cgroup/memory.current");
  if (group >= 0 && used >= 0) limit(std::max<std::int64_t>(0, group - used));
  rlimit address{};
  if (getrlimit(RLIMIT_AS, &address) == 0 && address.rlim_cur != RLIM_INFINITY) {
    const std::int64_t size = kilobytes_of("/proc/self/status", "VmSize:");
    if (size >= 0) limit(std::max<std::int64_t>(0, static_cast<std::int64_t>(address.rlim_cur) - size));
  }
  return std::max<std::int64_t>(0, available);
}

std::int64_t peak_memory() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * std::int64_t{1024} : 0;
}

}  // namespace anatomynet

#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <sys/resource.h>

namespace anatomynet {
namespace {

namespace fs = std::filesystem;

// The number after `key` in a file of "key 123" or "Key:   123 kB" lines; -1 where absent.
std::int64_t number_after(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    std::int64_t value = 0;
    if (word == key) return in >> value ? value : -1;
  }
  return -1;
}

std::int64_t number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  return in >> value ? value : -1;  // "max" is no number: no limit
}

// The names that one version of control groups gives to the same things.
struct GroupFiles {
  std::string root, limit, used, cache;
};
const GroupFiles version1{"memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
const GroupFiles version2{"", "memory.max", "memory.current", "inactive_file"};

std::optional<std::int64_t> room_in(const fs::path& group, const GroupFiles& files) {
  const std::int64_t limit = number_in(group / files.limit), used = number_in(group / files.used);
  if (limit < 0 || used < 0) return {};
  const std::int64_t cache = number_after(group / "memory.stat", files.cache);
  return std::max<std::int64_t>(0, limit - used + std::clamp<std::int64_t>(cache, 0, used));
}

}  // namespace

std::optional<std::int64_t> control_group_room(const fs::path& membership, const fs::path& mount) {
  std::optional<std::int64_t> least;
  std::ifstream in(membership);
  // Lines such as "0::/user.slice/job" (version 2) and "4:memory:/job" (version 1).
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controller = line.substr(first + 1, second - first - 1);
    if (!controller.empty() && controller != "memory") continue;
    const GroupFiles& files = controller.empty() ? version2 : version1;
    fs::path inside = fs::path(line.substr(second + 1)).relative_path();
    for (bool top = false; !top; inside = inside.parent_path()) {
      top = inside.empty();
      if (const auto room = room_in(mount / files.root / inside, files))
        least = std::min(least.value_or(*room), *room);
    }
  }
  return least;
}

std::int64_t available_memory() {
  const std::int64_t kilobytes = number_after("/proc/meminfo", "MemAvailable:");
  std::optional<std::int64_t> available;
  const auto limit = [&](std::int64_t bytes) { available = std::min(available.value_or(bytes), bytes); };
  if (kilobytes >= 0) limit(kilobytes * 1024);
  if (const auto room = control_group_room("/proc/self/cgroup", "/sys/fs/cgroup")) limit(*room);
  rlimit address{};
  if (getrlimit(RLIMIT_AS, &address) == 0 && address.rlim_cur != RLIM_INFINITY) {
    const std::int64_t size = number_after("/proc/self/status", "VmSize:");
    if (size >= 0) limit(static_cast<std::int64_t>(address.rlim_cur) - size * 1024);
  }
  return std::max<std::int64_t>(0, available.value_or(0));
}

std::int64_t resident_memory() {
  return std::max<std::int64_t>(0, number_after("/proc/self/status", "VmRSS:")) * 1024;
}

std::int64_t peak_memory() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * std::int64_t{1024} : 0;
}

}  // namespace anatomynet

#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <sys/resource.h>

#include "core/control_group.h"

namespace anatomynet::core {
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

// The names that one version of control groups gives to the same things.
struct GroupFiles {
  std::string limit, used, cache;
};
const GroupFiles version1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
const GroupFiles version2{"memory.max", "memory.current", "inactive_file"};

std::optional<std::int64_t> room_in(const fs::path& group, const GroupFiles& files) {
  const auto limit = control_group_numbers(group / files.limit),
             used = control_group_numbers(group / files.used);
  if (limit.empty() || used.empty()) return {};
  const std::int64_t cache = number_after(group / "memory.stat", files.cache);
  return std::max<std::int64_t>(0, limit[0] - used[0] + std::clamp<std::int64_t>(cache, 0, used[0]));
}

}  // namespace

std::optional<std::int64_t> control_group_room(const fs::path& membership, const fs::path& mount) {
  std::optional<std::int64_t> least;
  for_each_control_group(membership, mount, "memory", [&](const fs::path& folder, int version) {
    if (const auto room = room_in(folder, version == 2 ? version2 : version1))
      least = std::min(least.value_or(*room), *room);
  });
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

}  // namespace anatomynet::core

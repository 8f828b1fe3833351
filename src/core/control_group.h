#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::core {

/// Calls `look(folder, version)` for every control group that a process is in and that may limit
/// `controller` ("memory", "cpu"): its own group, then each parent up to the root; version 1 or 2.
/// `membership` is /proc/self/cgroup, with lines such as "0::/user.slice/job" (version 2) and
/// "4:cpu,cpuacct:/job" (version 1); `mount` is /sys/fs/cgroup. A file that cannot be read has no groups.
void for_each_control_group(
    const std::filesystem::path& membership, const std::filesystem::path& mount,
    const std::string& controller,
    const std::function<void(const std::filesystem::path& folder, int version)>& look);

/// The numbers that a control group's file begins with; none where it is absent or says "max" (no limit).
std::vector<std::int64_t> control_group_numbers(const std::filesystem::path& file);

}  // namespace anatomynet::core

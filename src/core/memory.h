#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/names.h"

namespace anatomynet::core {

/// Bytes that this process can still take: the smaller of the system's available memory, its control group's
/// limit and the process's own (ulimit -v); 0 where none can be read.
std::int64_t available_memory();

/// Bytes that control groups (version 1 or 2) leave to the processes in them: the least over the group and
/// its parents, file cache that the kernel gives back counted as free; nothing where no group has a limit.
/// `membership` is /proc/self/cgroup, `mount` /sys/fs/cgroup.
std::optional<std::int64_t> control_group_room(const std::filesystem::path& membership,
                                               const std::filesystem::path& mount);

/// Bytes of this process in memory now; 0 where it cannot be read.
std::int64_t resident_memory();

/// The largest resident size of this process so far, in bytes; 0 where it cannot be read.
std::int64_t peak_memory();

}  // namespace anatomynet::core

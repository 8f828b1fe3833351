#pragma once
#include <filesystem>
#include <optional>

#include "core/names.h"

namespace anatomynet::core {

/// The one place that says how many CPUs may be kept busy. Nothing else asks the system.

/// CPUs that the calling thread may keep busy, at least 1: all of the process's, or in a task of
/// `parallel_for` its share of them.
int usable_cpus();

/// CPUs that this process may use at a time, at least 1: the least of its affinity (taskset, cpuset), its
/// control groups' quota rounded up (read once), OMP_NUM_THREADS where it is set, and `limit_cpus`.
int process_cpus();

/// At most `most` CPUs for the whole process from here on (`--threads`); 0: no limit of its own.
void limit_cpus(int most);

/// The CPUs of the least quota that control groups (version 1 or 2) give the processes in them and their
/// parents, rounded up; nothing where none has a quota. `membership` is /proc/self/cgroup, `mount`
/// /sys/fs/cgroup.
std::optional<int> control_group_cpus(const std::filesystem::path& membership,
                                      const std::filesystem::path& mount);

/// While it lives, the calling thread has `cpus` CPUs: `usable_cpus` and the OpenMP regions that it enters
/// hold to them. OpenMP keeps its number of threads by thread, so every thread that may enter a region needs
/// one.
class CpuShare {
 public:
  explicit CpuShare(int cpus);
  ~CpuShare();
  CpuShare(const CpuShare&) = delete;
  CpuShare& operator=(const CpuShare&) = delete;

 private:
  int share_before_, openmp_before_;
};

/// Starts the OpenMP threads of the calling thread, `threads` in all (0: `usable_cpus()`), so that a thread
/// that cannot be had is known here: throws Error(memory). OpenMP itself would end the process.
void start_openmp_threads(int threads = 0);

}  // namespace anatomynet::core

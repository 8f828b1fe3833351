#include "core/cpus.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <latch>
#include <limits>
#include <system_error>
#include <thread>
#include <vector>

#include <omp.h>
#include <sched.h>

#include "core/control_group.h"
#include "core/error.h"

namespace anatomynet::core {
namespace {

constexpr int unlimited = std::numeric_limits<int>::max();

std::atomic<int> limit{unlimited};
thread_local int share = 0;  // 0: all of the process's

int affinity() {
  // OpenMP has then bound this thread to one CPU of those that the process has.
  if (omp_get_proc_bind() != omp_proc_bind_false) return std::max(1, omp_get_num_procs());
  for (int most = 1024; most <= 1 << 20; most *= 2) {
    cpu_set_t* set = CPU_ALLOC(most);
    if (!set) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(most);
    const bool known = ::sched_getaffinity(0, bytes, set) == 0;
    const int count = known ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (known) return std::max(1, count);
  }
  return std::max(1, omp_get_num_procs());
}

// What does not change in a run.
int given_by_environment() {
  static const int given = [] {
    int cpus = control_group_cpus("/proc/self/cgroup", "/sys/fs/cgroup").value_or(unlimited);
    const char* text = std::getenv("OMP_NUM_THREADS");
    const long asked = text ? std::strtol(text, nullptr, 10) : 0;
    if (asked > 0 && asked < cpus) cpus = static_cast<int>(asked);
    return cpus;
  }();
  return given;
}

}  // namespace

std::optional<int> control_group_cpus(const std::filesystem::path& membership,
                                      const std::filesystem::path& mount) {
  std::optional<int> least;
  for_each_control_group(membership, mount, "cpu", [&](const std::filesystem::path& folder, int version) {
    std::vector<std::int64_t> quota;  // microseconds in a period, and the period
    if (version == 2) {
      quota = control_group_numbers(folder / "cpu.max");
    } else {
      for (const char* file : {"cpu.cfs_quota_us", "cpu.cfs_period_us"})
        for (const std::int64_t number : control_group_numbers(folder / file)) quota.push_back(number);
    }
    if (quota.size() != 2 || quota[0] <= 0 || quota[1] <= 0) return;  // version 1 says -1 for no limit
    const std::int64_t cpus = quota[0] / quota[1] + (quota[0] % quota[1] != 0);
    least = static_cast<int>(std::min<std::int64_t>(cpus, least.value_or(unlimited)));
  });
  return least;
}

int process_cpus() { return std::min({affinity(), given_by_environment(), limit.load()}); }

int usable_cpus() { return share > 0 ? share : process_cpus(); }

void limit_cpus(int most) { limit = most > 0 ? most : unlimited; }

CpuShare::CpuShare(int cpus) : share_before_(share), openmp_before_(omp_get_max_threads()) {
  share = std::max(1, cpus);
  omp_set_num_threads(share);
}

CpuShare::~CpuShare() {
  share = share_before_;
  omp_set_num_threads(openmp_before_);
}

void start_openmp_threads(int threads) {
  thread_local int started = 1;
  const int wanted = threads > 0 ? threads : usable_cpus();
  omp_set_num_threads(wanted);
  if (wanted <= started) return;
  // As many as will be there at a time: if these can be had, OpenMP's can.
  try {
    std::latch all_there(1);
    std::vector<std::jthread> others;
    const auto wait = [&] { all_there.wait(); };
    try {
      for (int t = 1; t < wanted; ++t) others.emplace_back(wait);
    } catch (...) {
      all_there.count_down();
      throw;
    }
    all_there.count_down();
  } catch (const std::system_error&) {
    throw Error(ErrorKind::memory, "the system gives no room for " + std::to_string(wanted) +
                                       " threads (ulimit -v, ulimit -u); use --threads 1 or raise the limit");
  }
  // An empty region would be left out.
  std::atomic<int> arrived{0};
#pragma omp parallel
  ++arrived;
  started = wanted;
}

}  // namespace anatomynet::core

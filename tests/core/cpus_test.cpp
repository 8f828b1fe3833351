#include "core/cpus.h"

#include <atomic>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <omp.h>
#include <sched.h>
#include <sys/resource.h>

#include "common/child.h"
#include "common/temporary_folder.h"
#include "core/error.h"
#include "core/parallel_for.h"

namespace anatomynet::core {
namespace {

using test::in_a_child;

// Threads that an OpenMP region of the calling thread really has.
int openmp_team() {
  std::atomic<int> team{0};
#pragma omp parallel
  ++team;
  return team;
}

TEST(Cpus, FollowTheAffinity) {
  EXPECT_EQ(in_a_child([] {
              cpu_set_t mine;
              CPU_ZERO(&mine);
              if (::sched_getaffinity(0, sizeof mine, &mine) != 0) return 1;
              if (process_cpus() > CPU_COUNT(&mine)) return 2;
              int first = 0;
              while (!CPU_ISSET(first, &mine)) ++first;
              CPU_ZERO(&mine);
              CPU_SET(first, &mine);
              if (::sched_setaffinity(0, sizeof mine, &mine) != 0) return 3;
              return process_cpus() == 1 && usable_cpus() == 1 ? 0 : 4;
            }),
            0);
}

TEST(Cpus, AreNoMoreThanTheLimit) {
  const int all = process_cpus();
  ASSERT_GE(all, 1);
  limit_cpus(1);
  EXPECT_EQ(process_cpus(), 1);
  int elsewhere = 0;  // not of one thread alone
  std::thread([&] { elsewhere = usable_cpus(); }).join();
  EXPECT_EQ(elsewhere, 1);
  limit_cpus(1000000);
  EXPECT_EQ(process_cpus(), all);
  limit_cpus(0);
  EXPECT_EQ(process_cpus(), all);
}

TEST(Cpus, AreSharedByThreadsAtWork) {
  const int before = omp_get_max_threads();
  const CpuShare six(6);
  EXPECT_EQ(usable_cpus(), 6);
  EXPECT_EQ(openmp_team(), 6);
  std::atomic<int> wrong{0};
  const auto expect = [&](int cpus) {
    if (usable_cpus() != cpus || openmp_team() != cpus) ++wrong;
  };
  parallel_for(2, 0, [&](std::size_t) {
    expect(3);
    parallel_for(9, 0, [&](std::size_t) { expect(1); });
    parallel_for(1, 0, [&](std::size_t) { expect(3); });
    expect(3);
  });
  parallel_for(20, 20, [&](std::size_t) { expect(1); });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(usable_cpus(), 6);
  {
    const CpuShare none(0);
    EXPECT_EQ(usable_cpus(), 1);
  }
  EXPECT_EQ(openmp_team(), 6);
  EXPECT_LE(before, 1024);
}

TEST(Cpus, ThreadsThatCannotStartAreAnErrorOfMemory) {
  EXPECT_EQ(in_a_child([] {
              const CpuShare many(40);
              if (!test::limit_address_space(64 << 20)) return 1;  // eight stacks
              try {
                start_openmp_threads();
              } catch (const Error& error) {
                return error.kind() == ErrorKind::memory ? 0 : 2;
              }
              return 3;
            }),
            0);
}

TEST(Cpus, FewerThreadsDoTheWorkWhereMoreCannotStart) {
  EXPECT_EQ(in_a_child([] {
              std::vector<std::atomic<int>> done(64);
              if (!test::limit_address_space(64 << 20)) return 1;
              parallel_for(done.size(), 64, [&](std::size_t i) { ++done[i]; });
              for (const auto& d : done)
                if (d != 1) return 2;
              return 0;
            }),
            0);
}

class Quota : public ::testing::Test {
 protected:
  void put(const std::string& file, const std::string& text) { test::write_bytes(folder_ / file, text); }
  std::optional<int> cpus() { return control_group_cpus(folder_ / "cgroup", folder_ / "fs"); }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(Quota, IsTheLeastOfTheGroupAndItsParentsRoundedUp) {
  EXPECT_FALSE(cpus());
  put("cgroup", "0::/slice/job\n");
  EXPECT_FALSE(cpus());
  put("fs/slice/job/cpu.max", "max 100000\n");
  EXPECT_FALSE(cpus());
  put("fs/slice/cpu.max", "250000 100000\n");
  EXPECT_EQ(cpus(), 3);
  put("fs/slice/job/cpu.max", "200000 100000\n");
  EXPECT_EQ(cpus(), 2);
  put("fs/cpu.max", "10000 100000\n");
  EXPECT_EQ(cpus(), 1);
  put("fs/cpu.max", "9000000000000000000 1\n");  // more than any machine has
  EXPECT_EQ(cpus(), 2);
  put("fs/slice/job/cpu.max", "garbage\n");
  EXPECT_EQ(cpus(), 3);
  put("fs/slice/cpu.max", "5 0\n");
  EXPECT_EQ(cpus(), std::numeric_limits<int>::max());
}

TEST_F(Quota, OfTheFirstVersion) {
  put("cgroup", "11:memory:/job\n4:cpu,cpuacct:/job\n0::/\n");
  EXPECT_FALSE(cpus());
  put("fs/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  put("fs/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  EXPECT_FALSE(cpus());
  put("fs/cpu,cpuacct/job/cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(cpus(), 2);
  put("fs/cpu/job/cpu.cfs_quota_us", "50000\n");  // the link under the controller's own name
  put("fs/cpu/job/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 1);
}

}  // namespace
}  // namespace anatomynet::core

#include "core/memory.h"

#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/child.h"
#include "common/temporary_folder.h"

namespace anatomynet::core {
namespace {

constexpr std::int64_t mega = 1 << 20;

using test::in_a_child;
using test::limit_address_space;

// Fresh addresses, where malloc could hand out what was freed before.
bool can_map(std::int64_t bytes) {
  return ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0) != MAP_FAILED;
}

TEST(AvailableMemory, IsNoMoreThanTheMachineHas) {
  const std::int64_t installed = std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
  EXPECT_GT(available_memory(), 16 * mega);
  EXPECT_LE(available_memory(), installed);
}

TEST(AvailableMemory, KnowsTheProcessLimit) {
  ASSERT_GT(available_memory(), 600 * mega) << "this machine is too small for the test";
  EXPECT_EQ(in_a_child([] {
              if (!limit_address_space(500 * mega)) return 1;
              const std::int64_t said = available_memory();
              if (said > 500 * mega) return 2;
              if (said < 450 * mega) return 3;
              // What it says can be had, and not much more.
              if (!can_map(said - 20 * mega)) return 4;
              return can_map(40 * mega) ? 5 : 0;
            }),
            0);
}

TEST(AvailableMemory, IsNeverNegative) {
#ifdef ANATOMYNET_SANITIZED
  GTEST_SKIP() << "sanitizers cannot work without address space";
#endif
  EXPECT_EQ(in_a_child([] {
              // What reading files takes on the heap must lie there already.
              *static_cast<volatile char*>(std::vector<char>(100000).data()) = 1;
              const rlimit nothing{1, 1};
              if (::setrlimit(RLIMIT_AS, &nothing) != 0) return 1;
              return available_memory() == 0 ? 0 : 2;
            }),
            0);
}

TEST(ControlGroup, LeavesWhatTheTightestParentDoes) {
  const test::TemporaryFolder folder;
  const auto put = [&](const std::string& file, const std::string& text) {
    test::write_bytes(folder / file, text);
  };
  const auto room = [&] { return control_group_room(folder / "cgroup", folder / "fs"); };
  EXPECT_FALSE(room());  // no such files
  put("cgroup", "0::/slice/job\n");
  EXPECT_FALSE(room());
  put("fs/slice/job/memory.max", "max\n");
  put("fs/slice/job/memory.current", "4000\n");
  EXPECT_FALSE(room());
  put("fs/slice/memory.max", "10000\n");
  put("fs/slice/memory.current", "9000\n");
  EXPECT_EQ(room(), 1000);
  put("fs/slice/memory.stat", "anon 3000\nactive_file 500\ninactive_file 5500\n");
  EXPECT_EQ(room(), 6500);  // the page cache is no reason to refuse work
  put("fs/slice/job/memory.max", "4100\n");
  EXPECT_EQ(room(), 100);
  put("fs/slice/job/memory.current", "5000\n");
  EXPECT_EQ(room(), 0);
}

TEST(ControlGroup, KnowsTheFirstVersion) {
  const test::TemporaryFolder folder;
  test::write_bytes(folder / "cgroup", "11:cpu:/job\n4:memory:/job\n0::/\n");
  // Inside a container the group is mounted as the root, and its path outside does not exist.
  test::write_bytes(folder / "fs/memory/memory.limit_in_bytes", "8000\n");
  test::write_bytes(folder / "fs/memory/memory.usage_in_bytes", "7000\n");
  test::write_bytes(folder / "fs/memory/memory.stat",
                    "cache 1\ninactive_file 100\ntotal_inactive_file 2000\n");
  EXPECT_EQ(control_group_room(folder / "cgroup", folder / "fs"), 3000);
}

TEST(PeakMemory, GrowsWithWhatIsTouched) {
  EXPECT_EQ(in_a_child([] {
              const std::int64_t before = peak_memory();
              const std::size_t size = static_cast<std::size_t>(before + 100 * mega);
              auto* block = static_cast<volatile char*>(std::malloc(size));
              if (!block) return 1;
              for (std::size_t i = 0; i < size; i += 512) block[i] = 1;
              const std::int64_t grown = peak_memory() - before;
              return grown > 90 * mega && grown < before + 120 * mega ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace anatomynet::core

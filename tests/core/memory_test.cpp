#include "core/memory.h"

#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace anatomynet {
namespace {

constexpr std::int64_t mega = 1 << 20;

// Runs `check` in a process of its own, which may limit itself; its result is the exit code.
int in_a_child(const std::function<int()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::int64_t address_space() {  // pages, first field: an oracle beside /proc/self/status
  std::int64_t pages = 0;
  FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file || std::fscanf(file, "%ld", &pages) != 1) pages = 0;
  if (file) std::fclose(file);
  return pages * ::sysconf(_SC_PAGESIZE);
}

bool limit_address_space(std::int64_t more) {
  const auto bytes = static_cast<rlim_t>(address_space() + more);
  const rlimit limit{bytes, bytes};
  return ::setrlimit(RLIMIT_AS, &limit) == 0;
}

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
  EXPECT_EQ(in_a_child([] {
              const rlimit nothing{1, 1};
              if (::setrlimit(RLIMIT_AS, &nothing) != 0) return 1;
              return available_memory() == 0 ? 0 : 2;
            }),
            0);
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
}  // namespace anatomynet

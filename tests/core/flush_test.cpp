#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/temporary_folder.h"
#include "core/output.h"
#include "core/output_commit.h"

// What a power cut can take: files must be on disk before they get their names, each flushed once, since a
// flush takes milliseconds.

namespace {

std::mutex one_at_a_time;
std::vector<ino_t>* flushed = nullptr;  // in the order of the calls

}  // namespace

// In place of the C library's for this program.
extern "C" int fsync(int file) {
  {
    const std::lock_guard lock(one_at_a_time);
    struct stat facts {};
    if (flushed && ::fstat(file, &facts) == 0) flushed->push_back(facts.st_ino);
  }
  return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace anatomynet::core {
namespace {
namespace fs = std::filesystem;

ino_t inode(const fs::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

class Flushes : public testing::Test {
 protected:
  void SetUp() override { flushed = &seen_; }
  void TearDown() override {
    flushed = nullptr;
    output::at_step = {};
  }
  std::ptrdiff_t times(ino_t file) const { return std::count(seen_.begin(), seen_.end(), file); }
  bool was_flushed(ino_t file) const { return times(file) > 0; }

  std::vector<ino_t> seen_;
  test::TemporaryFolder folder_;
};

const std::vector<std::string> names{"a.txt", "masks/b.txt", "masks/deep/c.txt", "by_library.txt"};

TEST_F(Flushes, EachStagedFileOnceBeforeItIsPlaced) {
  OutputFolder out(folder_ / "out");
  std::map<std::string, ino_t> files;
  for (const std::string& name : names) {
    const fs::path path = out.stage(name);
    if (name == "by_library.txt")  // by code that knows of no flushing
      test::write_bytes(path, name);
    else
      write_file_atomically(path, name);
    files[name] = inode(path);
  }
  const ino_t masks = inode(out.stage("masks/b.txt").parent_path());
  bool placed = false;
  output::at_step = [&](std::string_view step) {
    if (step != "journal" && step != "place") return;
    placed = placed || step == "place";
    for (const auto& [name, file] : files) EXPECT_EQ(times(file), 1) << name << " at " << step;
    EXPECT_EQ(times(masks), 1) << step;
  };
  out.commit({"model", "key"});
  EXPECT_TRUE(placed);
  for (const auto& [name, file] : files) {
    EXPECT_EQ(inode(folder_ / "out/" / name), file) << name;
    EXPECT_EQ(test::read_bytes(folder_ / "out/" / name), name);
    EXPECT_EQ(times(file), 1) << name;
  }
  EXPECT_EQ(times(inode(folder_ / "out/manifest.json")), 1);
}

TEST_F(Flushes, TheFolderBeforeAndAfterTheSeal) {
  OutputFolder out(folder_ / "out");
  write_file_atomically(out.stage("a.txt"), "a");
  std::ptrdiff_t before = 0;
  output::at_step = [&](std::string_view step) {
    if (step == "seal") before = times(inode(folder_ / "out"));
  };
  out.commit({"model", "key"});
  EXPECT_GT(before, 0);
  EXPECT_GT(times(inode(folder_ / "out")), before);
}

TEST_F(Flushes, AFileOfItsOwnAndItsFolder) {
  write_file_atomically(folder_ / "single.txt", "text");
  EXPECT_EQ(times(inode(folder_ / "single.txt")), 1);
  EXPECT_TRUE(was_flushed(inode(folder_.path())));
  // A folder of the user's whose name looks like ours is none of ours.
  fs::create_directory(folder_ / ".anatomynet-results");
  write_file_atomically(folder_ / ".anatomynet-results" / "single.txt", "text");
  EXPECT_EQ(times(inode(folder_ / ".anatomynet-results/single.txt")), 1);
}

}  // namespace
}  // namespace anatomynet::core

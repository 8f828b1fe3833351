#include "core/folder_walk.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/error.h"

namespace anatomynet::core {
namespace {
namespace fs = std::filesystem;
using Kind = FolderWalk::PassedOver::Kind;

void touch(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "x";
}

std::vector<fs::path> relative(const FolderWalk& walk, const fs::path& root) {
  std::vector<fs::path> out;
  for (const fs::path& file : walk.files) out.push_back(file.lexically_relative(root));
  return out;
}

TEST(FolderWalk, FindsFilesAtAnyDepthSorted) {
  const test::TemporaryFolder folder;
  for (const char* file : {"b", "a/z", "a/deep/er/c", "a/deep/b"}) touch(folder / file);
  EXPECT_EQ(relative(walk_folder(folder.path()), folder.path()),
            (std::vector<fs::path>{"a/deep/b", "a/deep/er/c", "a/z", "b"}));
}

TEST(FolderWalk, ReadsEveryFolderOnceHoweverLinksLeadToIt) {
  const test::TemporaryFolder folder, elsewhere;
  touch(folder / "in/x");
  touch(elsewhere / "far/y");
  fs::create_directory_symlink(folder.path(), folder / "in/up");
  fs::create_directory_symlink(folder / "in", folder / "again");
  fs::create_directory_symlink(elsewhere / "far", folder / "near");
  fs::create_directory_symlink(elsewhere / "far", folder / "near2");
  fs::create_symlink(folder / "in/x", folder / "one");
  // a real folder goes by its own path, though a link to it comes first by name
  EXPECT_EQ(relative(walk_folder(folder.path()), folder.path()),
            (std::vector<fs::path>{"in/x", "near/y", "one"}));
  // a linked root
  fs::remove(folder / "in/up");
  fs::create_directory_symlink(folder / "in", elsewhere / "link");
  EXPECT_EQ(walk_folder(elsewhere / "link").files, std::vector<fs::path>{elsewhere / "link/x"});
}

TEST(FolderWalk, SaysWhatItPassesOver) {
  const test::TemporaryFolder folder;
  touch(folder / ".hidden");
  touch(folder / ".git/inside");
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const FolderWalk walk = walk_folder(folder.path());
  EXPECT_TRUE(walk.files.empty());
  ASSERT_EQ(walk.passed_over.size(), 4U);
  EXPECT_EQ(walk.passed_over[0].path, folder / ".git");
  EXPECT_EQ(walk.passed_over[0].kind, Kind::hidden);
  EXPECT_EQ(walk.passed_over[1].kind, Kind::hidden);
  EXPECT_EQ(walk.passed_over[2].kind, Kind::unreadable);
  EXPECT_EQ(walk.passed_over[3].kind, Kind::no_file);
}

TEST(FolderWalk, RefusesARootThatIsNoFolder) {
  const test::TemporaryFolder folder;
  touch(folder / "file");
  test::expect_refused(ErrorKind::input, {"absent", "cannot read the folder"},
                       [&] { walk_folder(folder / "absent"); });
  test::expect_refused(ErrorKind::input, {"file"}, [&] { walk_folder(folder / "file"); });
}

}  // namespace
}  // namespace anatomynet::core

#include <csignal>
#include <cstdio>
#include <set>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/error.h"
#include "core/output.h"
#include "core/output_commit.h"

// A process that writes an output folder is killed, at each step of the commit or before it; then another
// goes on.
namespace anatomynet::core {
namespace {
namespace fs = std::filesystem;
using test::read_bytes;
using Names = std::set<std::string>;

Names content(const fs::path& root) {
  Names names;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    names.insert(entry.path().lexically_relative(root).string());
  return names;
}

// Another patient's results over `a`, `c` and masks/old.
void write_new(const fs::path& folder) {
  OutputFolder out(folder);
  for (const char* old : {"masks", "c"}) out.replace(old);
  for (const char* name : {"a", "b/deep", "masks/new"}) test::write_bytes(out.stage(name), "new");
  out.commit({"model", "new"});
}

void write_old(const fs::path& folder) {
  OutputFolder out(folder);
  for (const char* name : {"a", "c", "b/other", "masks/old"}) test::write_bytes(out.stage(name), "old");
  out.commit({"model", "old"});
}

// Runs `action` in a child that is killed at step number `at` of its commit; false where it has fewer steps.
template <class Action>
bool killed_at(int at, std::string& step, Action action) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  const pid_t child = ::fork();
  if (child == 0) {
    int count = 0;
    output::at_step = [&](std::string_view name) {
      if (count++ != at) return;
      [[maybe_unused]] const auto written = ::write(ends[1], name.data(), name.size());
      ::kill(::getpid(), SIGKILL);
    };
    action();
    ::_exit(0);
  }
  ::close(ends[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  char text[32] = {};
  [[maybe_unused]] const auto got = ::read(ends[0], text, sizeof text - 1);
  ::close(ends[0]);
  step = text;
  return WIFSIGNALED(status);
}

void expect_whole(const fs::path& folder, const std::string& what, const Names& names) {
  EXPECT_EQ(content(folder), names) << what;
  const auto manifest = read_manifest(folder);
  ASSERT_TRUE(manifest) << what;
  EXPECT_TRUE(changes_since(folder, *manifest).none()) << what;
}

const Names old_names{"a", "b", "b/other", "c", "manifest.json", "masks", "masks/old"};
const Names new_names{"a", "b", "b/deep", "b/other", "manifest.json", "masks", "masks/new"};

TEST(KilledCommit, OverOldResultsGivesTheOldOrTheNewOnes) {
  Names steps;
  for (int at = 0;; ++at) {
    const test::TemporaryFolder root;
    const fs::path folder = root / "out";
    write_old(folder);
    std::string step;
    if (!killed_at(at, step, [&] { write_new(folder); })) break;
    steps.insert(step);
    // As the kill leaves it: never the key of one and the files of the other.
    const auto manifest = read_manifest(folder);
    if (manifest && manifest->facts.key == "new") {
      EXPECT_TRUE(changes_since(folder, *manifest).none()) << step << at;
    }
    if (manifest && manifest->facts.key == "old" && step != "journal") {
      EXPECT_TRUE(changes_since(folder, *manifest).none()) << step << at;
    }
    { OutputFolder next(folder); }  // the next run, which fails before it writes
    const bool done = step == "tidy";
    expect_whole(folder, step + std::to_string(at), done ? new_names : old_names);
    EXPECT_EQ(read_bytes(folder / "a"), done ? "new" : "old") << step << at;
    write_new(folder);
    expect_whole(folder, "after " + step, new_names);
    ASSERT_LT(at, 50);
  }
  EXPECT_EQ(steps, (Names{"journal", "aside", "place", "seal", "tidy"}));
}

TEST(KilledCommit, ARecoveryThatIsKilledIsTakenUpAgain) {
  std::string step;
  for (int at = 1;; ++at) {
    for (int again = 0;; ++again) {
      const test::TemporaryFolder root;
      const fs::path folder = root / "out";
      write_old(folder);
      if (!killed_at(at, step, [&] { write_new(folder); }) || step == "tidy") return;
      if (!killed_at(again, step, [&] { OutputFolder next(folder); })) break;
      ASSERT_EQ(step, "restore");
      { OutputFolder next(folder); }
      expect_whole(folder, "killed at " + std::to_string(at) + " and " + std::to_string(again), old_names);
      EXPECT_EQ(read_bytes(folder / "a"), "old") << at << " " << again;
    }
  }
}

TEST(KilledCommit, IntoANewFolderGivesNoneOrAll) {
  const Names all{"a", "b", "b/deep", "manifest.json", "masks", "masks/new"};
  for (int at = 0;; ++at) {
    const test::TemporaryFolder root;
    const fs::path folder = root / "case";
    std::string step;
    if (!killed_at(at, step, [&] { write_new(folder); })) break;
    if (step != "tidy") {
      EXPECT_FALSE(read_manifest(folder)) << step << at;
    }
    tidy_folders_in(root.path());
    EXPECT_EQ(fs::exists(folder), step == "tidy") << step << at;
    if (step == "tidy") expect_whole(folder, step, all);
    write_new(folder);
    expect_whole(folder, step, all);
    ASSERT_LT(at, 50);
  }
}

TEST(KilledCommit, WhatADeadRunStagedGoes) {
  const test::TemporaryFolder root;
  const fs::path folder = root / "case";
  const pid_t child = ::fork();
  if (child == 0) {
    OutputFolder out(folder);
    test::write_bytes(out.stage("masks/a"), "half");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(content(folder).size(), 4u);  // the lock, the staging folder, masks, a
  tidy_folders_in(root.path());
  EXPECT_FALSE(fs::exists(folder));
}

// The journal of a hostile folder must not lead out of it.
TEST(KilledCommit, AJournalThatLeavesTheFolderIsNotFollowed) {
  const test::TemporaryFolder root;
  test::write_bytes(root / "precious", "theirs");
  test::write_bytes(root / "out/.anatomynet-abcdef/a", "a");
  using namespace std::string_literals;
  test::write_bytes(root / "out/.anatomynet-abcdef.old/journal", "n../precious\0na\0end\0"s);
  { OutputFolder(root / "out").commit(); }
  EXPECT_EQ(content(root.path()), (Names{"out", "precious"}));
}

TEST(FolderLock, AnotherProcessIsRefusedWhileOneWrites) {
  const test::TemporaryFolder root;
  int ready[2], end[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(end), 0);
  const pid_t child = ::fork();
  char byte = 'x';
  if (child == 0) {
    ::close(end[1]);
    OutputFolder out(root / "out");
    test::write_bytes(out.stage("a"), "theirs");
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    [[maybe_unused]] const auto n = ::read(end[0], &byte, 1);  // until the parent lets go
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const Names before = content(root.path());
  test::expect_refused(
      ErrorKind::output,
      {(root / "out").string(), "another run", "process " + std::to_string(child), "choose another"},
      [&] { OutputFolder out(root / "out"); });
  tidy_folders_in(root.path());
  EXPECT_EQ(content(root.path()), before);  // a living run's files stay
  ::close(end[1]);
  ::waitpid(child, nullptr, 0);
  {  // the lock of a dead process counts for nothing
    OutputFolder out(root / "out");
    test::write_bytes(out.stage("b"), "ours");
    out.commit();
  }
  EXPECT_EQ(content(root.path()), (Names{"out", "out/b"}));
}

TEST(FolderLock, OneProcessMayWriteAFolderInParts) {
  const test::TemporaryFolder root;
  {
    OutputFolder whole(root / "out");
    test::write_bytes(whole.stage("a"), "a");
    for (const char* name : {"b", "c"}) {
      OutputFolder part(root / "out");
      test::write_bytes(part.stage(name), name);
      part.commit();
    }
    whole.commit();
  }
  EXPECT_EQ(content(root.path()), (Names{"out", "out/a", "out/b", "out/c"}));
}

TEST(FolderLock, ManyThatComeAndGoNeverMeet) {
  const test::TemporaryFolder root;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int n = 0; n < 200; ++n) try {
          OutputFolder out(root / "deep/out");
          // Only one process at a time gets here.
          const int fd = ::open((root / "inside").c_str(), O_CREAT | O_EXCL, 0600);
          if (fd < 0) ::_exit(1);
          ::close(fd);
          ::unlink((root / "inside").c_str());
        } catch (const Error& error) {
          if (std::string(error.what()).find("another run") != std::string::npos) continue;
          std::fprintf(stderr, "%s\n", error.what());
          ::_exit(2);
        }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  // Nothing is left but, at most, the empty folder that the last one found there.
  for (const std::string& name : content(root.path()))
    EXPECT_TRUE(name == "deep" || name == "deep/out") << name;
}

}  // namespace
}  // namespace anatomynet::core

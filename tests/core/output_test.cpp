#include "core/output.h"

#include <csignal>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/refusal.h"
#include "core/error.h"
#include "core/output_commit.h"
#include "core/temporary_file.h"

namespace anatomynet::core {
namespace {

namespace fs = std::filesystem;

// A folder of the test's own, and what lies in it, hidden files included.
class Output : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "anatomynet-output-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  std::set<std::string> content() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      names.insert(entry.path().lexically_relative(root_).string());
    return names;
  }
  static void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string get(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path root_;
};

using Names = std::set<std::string>;

TEST_F(Output, AppearsAtCommitAndNotBefore) {
  OutputFolder out(root_ / "new" / "folder");
  put(out.stage("a.txt"), "a");
  put(out.stage("masks/b.txt"), "b");
  EXPECT_FALSE(fs::exists(root_ / "new/folder/a.txt"));
  out.commit();
  EXPECT_EQ(get(root_ / "new/folder/a.txt"), "a");
  EXPECT_EQ(get(root_ / "new/folder/masks/b.txt"), "b");
}

TEST_F(Output, CommitLeavesNoStagingAndKeepsOtherFiles) {
  put(root_ / "other.txt", "other");
  put(root_ / "a.txt", "old");
  {
    OutputFolder out(root_);
    put(out.stage("a.txt"), "new");
    out.commit();
  }
  EXPECT_EQ(content(), (Names{"a.txt", "other.txt"}));
  EXPECT_EQ(get(root_ / "a.txt"), "new");
}

TEST_F(Output, ReplacedLeftoversGoAtCommitAndStayWithoutIt) {
  fs::create_directory(root_ / "masks");
  put(root_ / "masks/old.txt", "another patient's");
  {
    OutputFolder out(root_);
    out.replace("masks");
  }
  EXPECT_TRUE(fs::exists(root_ / "masks/old.txt"));
  {
    OutputFolder out(root_);
    out.replace("masks");
    put(out.stage("masks/new.txt"), "new");
    out.commit();
  }
  EXPECT_EQ(content(), (Names{"masks", "masks/new.txt"}));
}

TEST_F(Output, WithoutCommitNothingChanges) {
  put(root_ / "a.txt", "old");
  {
    OutputFolder out(root_), deep(root_ / "x/y/z");
    put(out.stage("a.txt"), "new");
    put(deep.stage("b.txt"), "b");
  }
  EXPECT_EQ(content(), Names{"a.txt"});
  EXPECT_EQ(get(root_ / "a.txt"), "old");
}

TEST_F(Output, KeepsFoldersThatOthersFilledMeanwhile) {
  {
    OutputFolder out(root_ / "shared/deep");
    put(root_ / "shared/theirs.txt", "theirs");
  }
  EXPECT_EQ(content(), (Names{"shared", "shared/theirs.txt"}));
}

TEST_F(Output, RefusesAFileInPlaceOfTheFolder) {
  put(root_ / "a", "file");
  for (const fs::path& folder : {root_ / "a", root_ / "a/b"}) {
    try {
      const OutputFolder out(folder);
      FAIL() << folder;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::output);
      EXPECT_NE(std::string(error.what()).find((root_ / "a").string()), std::string::npos) << error.what();
    }
  }
  EXPECT_EQ(content(), Names{"a"});
}

TEST_F(Output, FailedCommitNamesTheFileAndKeepsTheOldOnes) {
  fs::create_directory(root_ / "b.txt");  // a folder where a file is to appear
  put(root_ / "b.txt/inside", "theirs");
  put(root_ / "a.txt", "old");
  {
    OutputFolder out(root_);
    for (const char* name : {"a.txt", "b.txt", "c.txt"}) put(out.stage(name), "new");
    test::expect_refused(ErrorKind::output, {(root_ / "b.txt").string() + ": ", "folder"},
                         [&] { out.commit(); });
  }
  EXPECT_EQ(content(), (Names{"a.txt", "b.txt", "b.txt/inside"}));
  EXPECT_EQ(get(root_ / "a.txt"), "old");
}

// Every step of a commit fails once; each time all is as it was.
TEST_F(Output, ACommitThatFailsAtAnyStepKeepsTheOldResults) {
  fs::create_directory(root_ / "masks");
  put(root_ / "masks/old.txt", "old");
  put(root_ / "a.txt", "old");
  {
    OutputFolder out(root_);
    put(out.stage("b.txt"), "old");
    out.replace("nothing");
    out.commit({"model", "key"});
  }
  const Names before = content();
  const std::string manifest = get(root_ / "manifest.json");
  std::set<std::string> failed;
  for (int fail_at = 0;; ++fail_at) {
    int step = 0;
    output::at_step = [&](std::string_view name) {
      if (name != "tidy" && step++ == fail_at) {
        failed.insert(std::string(name));
        throw Error(ErrorKind::output, "disk full");
      }
    };
    bool done = true;
    {
      OutputFolder out(root_);
      out.replace("masks");
      for (const char* name : {"a.txt", "masks/new.txt", "c.txt"}) put(out.stage(name), "new");
      try {
        out.commit({"model", "other key"});
      } catch (const Error&) {
        done = false;
      }
    }
    output::at_step = nullptr;
    if (done) break;
    EXPECT_EQ(content(), before) << "step " << fail_at;
    EXPECT_EQ(get(root_ / "a.txt"), "old");
    EXPECT_EQ(get(root_ / "masks/old.txt"), "old");
    EXPECT_EQ(get(root_ / "manifest.json"), manifest);
    EXPECT_TRUE(changes_since(root_, *read_manifest(root_)).none());
    ASSERT_LT(fail_at, 50);
  }
  EXPECT_EQ(failed, (Names{"journal", "aside", "place", "seal"}));
  EXPECT_EQ(content(), (Names{"a.txt", "b.txt", "c.txt", "manifest.json", "masks", "masks/new.txt"}));
}

TEST_F(Output, RefusesWhatLeavesTheFolder) {
  const fs::path outside = root_ / "outside";
  fs::create_directory(outside);
  OutputFolder out(root_ / "out");
  for (const char* name :
       {"../stolen", "masks/../../stolen", "/tmp/stolen", "..", ".", "", "masks/", "a/./b"}) {
    test::expect_refused(ErrorKind::output, {(root_ / "out").string(), name}, [&] { out.stage(name); });
    test::expect_refused(ErrorKind::output, {(root_ / "out").string(), name}, [&] { out.replace(name); });
    test::expect_refused(ErrorKind::output, {(root_ / "out").string(), name}, [&] { out.seal(name); });
  }
  test::expect_refused(ErrorKind::output, {}, [&] { out.stage(std::string("a\0b", 3)); });
  // A link that somebody puts into the staging folder.
  fs::create_directory_symlink(outside, out.stage("x").parent_path() / "masks");
  test::expect_refused(ErrorKind::output, {(root_ / "out/masks/a").string(), "symbolic link"},
                       [&] { out.stage("masks/a"); });
  fs::create_symlink(outside / "file", out.stage("x").parent_path() / "link");
  test::expect_refused(ErrorKind::output, {"symbolic link"}, [&] { out.stage("link"); });
  EXPECT_TRUE(fs::is_empty(outside));
}

// A link in the destination is never followed: replaced as a link where it may go, else refused.
TEST_F(Output, DoesNotWriteThroughLinksInTheFolder) {
  const fs::path outside = root_ / "outside", folder = root_ / "out";
  fs::create_directory(outside);
  fs::create_directory(folder);
  put(outside / "a.txt", "theirs");
  fs::create_directory_symlink(outside, folder / "masks");
  fs::create_symlink(outside / "a.txt", folder / "a.txt");
  {
    OutputFolder out(folder);
    put(out.stage("a.txt"), "ours");
    put(out.stage("masks/b.txt"), "ours");
    test::expect_refused(ErrorKind::output, {(folder / "masks").string()}, [&] { out.commit(); });
  }
  EXPECT_TRUE(fs::is_symlink(folder / "masks") && fs::is_symlink(folder / "a.txt"));
  {
    OutputFolder out(folder);
    out.replace("masks");
    put(out.stage("a.txt"), "ours");
    put(out.stage("masks/b.txt"), "ours");
    out.commit();
  }
  EXPECT_FALSE(fs::is_symlink(folder / "masks") || fs::is_symlink(folder / "a.txt"));
  EXPECT_EQ(get(folder / "masks/b.txt"), "ours");
  EXPECT_EQ(get(outside / "a.txt"), "theirs");
  EXPECT_EQ(content(),
            (Names{"out", "out/a.txt", "out/masks", "out/masks/b.txt", "outside", "outside/a.txt"}));
}

// The mode of every file and folder is what the umask says, here as `touch` and `mkdir` would have it.
TEST_F(Output, ModesFollowTheUmask) {
  const auto mode = [](const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  };
  const mode_t before = ::umask(0);
  for (const mode_t mask : {0000U, 0002U, 0022U, 0027U, 0077U}) {
    ::umask(mask);
    const fs::path folder = root_ / std::to_string(mask);
    {
      OutputFolder out(folder);
      write_file_atomically(out.stage("masks/a.txt"), "a");
      EXPECT_EQ(mode(out.stage("b").parent_path()), 0777U & ~mask);
      out.commit({"model", "key"});
    }
    write_file_atomically(folder / "c.txt", "c");
    for (const char* name : {"masks/a.txt", "manifest.json", "c.txt"})
      EXPECT_EQ(mode(folder / name), 0666U & ~mask) << name;
    EXPECT_EQ(mode(folder), 0777U & ~mask);
    EXPECT_EQ(mode(folder / "masks"), 0777U & ~mask);
  }
  ::umask(before);
}

TEST_F(Output, AFileOnItsWayGoesWithTheProcess) {
  TemporaryFile file(root_ / "a.txt"), second(root_ / "a.txt");
  file.write("half");
  EXPECT_EQ(content().size(), 2u);
  static_cast<void>(discard_unfinished_output());
  EXPECT_EQ(content(), Names{});
}

TEST_F(Output, TakesOverAFileThatAKilledRunLeft) {
  const pid_t child = ::fork();
  if (child == 0) {
    TemporaryFile file(root_ / "a.txt");
    file.write("half");
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_EQ(content().size(), 1u);
  TemporaryFile living(root_ / "b.txt");
  write_file_atomically(root_ / "a.txt", "whole");
  EXPECT_EQ(content().size(), 2u);  // and the living one's
  { OutputFolder(root_).commit(); }
  living.write("b");
  living.commit();
  EXPECT_EQ(content(), (Names{"a.txt", "b.txt"}));
}

TEST_F(Output, DiscardingTakesAllThatIsNotCommitted) {
  OutputFolder done(root_ / "done"), open(root_ / "open");
  put(done.stage("a.txt"), "a");
  done.commit();
  put(open.stage("b.txt"), "b");
  static_cast<void>(discard_unfinished_output());
  EXPECT_EQ(content(), (Names{"done", "done/a.txt"}));
}

TEST_F(Output, FinalPathsHaveNoStagingInThem) {
  OutputFolder out(root_ / "out");
  const std::string staged = out.stage("masks/a.nii.gz").string();
  EXPECT_EQ(
      with_final_paths(staged + ": cannot write; " + staged),
      (root_ / "out/masks/a.nii.gz").string() + ": cannot write; " + (root_ / "out/masks/a.nii.gz").string());
  for (const char* text : {"", "no path", "/.anatomynet-", "/a/.anatomynet-rc", "/a/.anatomynet-settings/b"})
    EXPECT_EQ(with_final_paths(text), text);
}

TEST_F(Output, WritesAFileWholeOverAnOldOne) {
  put(root_ / "a.json", "old");
  write_file_atomically(root_ / "a.json", std::string("\0binary", 7));
  EXPECT_EQ(get(root_ / "a.json"), std::string("\0binary", 7));
  EXPECT_EQ(content(), Names{"a.json"});
}

TEST_F(Output, LeavesTheOldFileWhereItCannotWriteTheNew) {
  fs::create_directory(root_ / "taken");
  for (const fs::path& path : {root_ / "taken", root_ / "absent/a.json"}) {
    try {
      write_file_atomically(path, "new");
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::output);
      EXPECT_EQ(std::string(error.what()).find(path.string() + ":"), 0u) << error.what();
    }
  }
  EXPECT_EQ(content(), Names{"taken"});
}

}  // namespace
}  // namespace anatomynet::core

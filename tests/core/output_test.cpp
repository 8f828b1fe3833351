#include "core/output.h"

#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/error.h"

namespace anatomynet {
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

TEST_F(Output, FailedCommitNamesTheFile) {
  fs::create_directory(root_ / "a.txt");  // a folder where a file is to appear
  put(root_ / "a.txt/inside", "");
  OutputFolder out(root_);
  put(out.stage("a.txt"), "a");
  try {
    out.commit();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_EQ(std::string(error.what()).find((root_ / "a.txt").string()), 0u) << error.what();
  }
}

TEST_F(Output, DiscardingTakesAllThatIsNotCommitted) {
  OutputFolder done(root_ / "done"), open(root_ / "open");
  put(done.stage("a.txt"), "a");
  done.commit();
  put(open.stage("b.txt"), "b");
  discard_unfinished_output();
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
}  // namespace anatomynet

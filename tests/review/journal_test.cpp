#include "review/journal.h"

#include <gtest/gtest.h>

#include "common/temporary_folder.h"
#include "core/error.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
using Records = std::vector<std::string>;

class JournalTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "draft.journal";
};

TEST_F(JournalTest, KeepsRecordsOverOpenings) {
  EXPECT_TRUE(read_journal(file_).records.empty());
  {
    Journal journal(file_);
    journal.append("one");
    journal.append(std::string(100000, '\0'));
  }
  {
    Journal journal(file_);
    journal.append("");
  }
  EXPECT_EQ(read_journal(file_).records, (Records{"one", std::string(100000, '\0'), ""}));
  Journal(file_).restart("new");
  EXPECT_EQ(read_journal(file_).records, Records{"new"});
}

// Wherever it is cut, whole records stay, and the next one follows them.
TEST_F(JournalTest, TornEndsAreLeftOut) {
  {
    Journal journal(file_);
    for (const char* text : {"alpha", "beta", "gamma"}) journal.append(text);
  }
  const std::string whole = test::read_bytes(file_);
  const Records all{"alpha", "beta", "gamma"};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    test::write_bytes(file_, whole.substr(0, size));
    const JournalContents left = read_journal(file_);
    ASSERT_LT(left.records.size(), 3u);
    EXPECT_EQ(left.records, Records(all.begin(), all.begin() + std::ptrdiff_t(left.records.size()))) << size;
    Journal(file_).append("delta");
    const JournalContents after = read_journal(file_);
    EXPECT_FALSE(after.torn);
    ASSERT_EQ(after.records.size(), left.records.size() + 1) << size;
    EXPECT_EQ(after.records.back(), "delta");
  }
}

TEST_F(JournalTest, DamageEndsItAndForeignFilesAreRefused) {
  {
    Journal journal(file_);
    for (const char* text : {"alpha", "beta", "gamma"}) journal.append(text);
  }
  const std::string whole = test::read_bytes(file_);
  std::string damaged = whole;
  damaged[damaged.find("beta")] ^= 1;
  test::write_bytes(file_, damaged);
  EXPECT_TRUE(read_journal(file_).torn);
  EXPECT_EQ(read_journal(file_).records, Records{"alpha"});
  std::string endless = whole;
  endless[endless.find("alpha") - 12 + 3] = '\x7f';  // its length
  test::write_bytes(file_, endless);
  EXPECT_TRUE(read_journal(file_).records.empty());
  test::write_bytes(file_, "a text that somebody else wrote here");
  EXPECT_THROW(read_journal(file_), Error);
  EXPECT_THROW(Journal journal(file_), Error);
  EXPECT_EQ(test::read_bytes(file_), "a text that somebody else wrote here");
}

}  // namespace

#include "service/store/audit_log.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using test::read_bytes;
using test::TemporaryFolder;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void write_lines(const std::filesystem::path& file, const std::vector<std::string>& lines) {
  std::ofstream out(file);
  for (const std::string& line : lines) out << line << '\n';
}

class AuditLogTest : public testing::Test {
 protected:
  void SetUp() override {
    AuditLog log(file_);
    for (int job = 1; job <= 5; ++job) log.write("node", "sent", job, "archive");
  }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "audit.log";
};

TEST_F(AuditLogTest, HoldsWhatWasWritten) {
  const AuditCheck found = check_audit_log(file_);
  EXPECT_EQ(found.lines, 5);
  EXPECT_EQ(found.broken_line, 0);
  EXPECT_EQ(found.last_chain.size(), 64U);
  EXPECT_NE(lines_of(file_)[2].find("\"job\":3"), std::string::npos);
}

TEST_F(AuditLogTest, NoticesWhatWasChanged) {
  const std::vector<std::string> good = lines_of(file_);
  std::vector<std::string> changed = good;
  changed[1].replace(changed[1].find("archive"), 7, "another");
  write_lines(file_, changed);
  EXPECT_EQ(check_audit_log(file_).broken_line, 2);
  std::vector<std::string> without = good;
  without.erase(without.begin() + 2);
  write_lines(file_, without);
  EXPECT_EQ(check_audit_log(file_).broken_line, 3);
  std::vector<std::string> swapped = good;
  std::swap(swapped[3], swapped[4]);
  write_lines(file_, swapped);
  EXPECT_EQ(check_audit_log(file_).broken_line, 4);
  std::vector<std::string> more = good;
  more.insert(more.begin(), R"({"did":"nothing"})");
  write_lines(file_, more);
  EXPECT_EQ(check_audit_log(file_).broken_line, 1);
}

TEST_F(AuditLogTest, NoticesByAKeptChainWhatWasCutOffOrWrittenAnew) {
  const std::string kept = check_audit_log(file_).last_chain;
  AuditLog(file_).write("node", "sent", 6, "archive");
  EXPECT_EQ(check_audit_log(file_, kept).kept_line, 5);
  std::vector<std::string> cut = lines_of(file_);
  cut.resize(4);
  write_lines(file_, cut);
  EXPECT_EQ(check_audit_log(file_, kept).broken_line, 0) << "the chain alone does not show it";
  EXPECT_EQ(check_audit_log(file_, kept).kept_line, 0);
  std::filesystem::remove(file_);
  for (int job = 1; job <= 6; ++job) AuditLog(file_).write("node", "sent", job, "elsewhere");
  EXPECT_EQ(check_audit_log(file_, kept).kept_line, 0);
}

TEST_F(AuditLogTest, GoesOnBehindALineThatAKillCutShort) {
  std::ofstream(file_, std::ios::app) << R"({"at":"20)";
  EXPECT_EQ(check_audit_log(file_).broken_line, 6);
  AuditLog(file_).write("ann", "purge", 6);
  const AuditCheck found = check_audit_log(file_);
  EXPECT_EQ(found.broken_line, 0);
  EXPECT_EQ(found.lines, 6);
}

TEST_F(AuditLogTest, TakesManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      AuditLog own(file_);
      for (int k = 0; k < 10; ++k) own.write("node", "sent", 7);
    });
  for (std::thread& thread : threads) thread.join();
  const AuditCheck found = check_audit_log(file_);
  EXPECT_EQ(found.lines, 45);
  EXPECT_EQ(found.broken_line, 0);
}

TEST(AuditLog, RefusesWhatIsNotThere) {
  test::expect_refused(ErrorKind::input, {"audit log"}, [] { check_audit_log("/nonexistent/audit.log"); });
}

}  // namespace

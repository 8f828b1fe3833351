#include "service/retention.h"

#include <fstream>

#include <gtest/gtest.h>

#include "common/temporary_folder.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using enum JobState;

constexpr std::int64_t day = 86400000;

class RetentionTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Store store_{folder_ / "store"};
  NodeConfig config_;
  Messages messages_;

  void SetUp() override {
    config_.keep_slices_days = 7;
    config_.keep_results_days = 30;
  }
  Recorded receive(int number, char content = 'a', bool is_ct = true) {
    ReceivedInstance slice;
    slice.sop_uid = "1.2." + std::to_string(number);
    slice.series_uid = "1.9." + std::to_string(number);
    slice.content = std::string(63, content) + std::to_string(number);
    slice.is_ct = is_ct;
    std::ofstream(store_.files().instance(slice.content)) << "abcd";
    return store_.record(slice);
  }
  // A job of a series of its own, contoured and sent.
  std::int64_t sent_job(int number) {
    const std::int64_t job = receive(number).job;
    store_.complete(job, {"rule", {}, {}, 0, false});
    store_.take_next();
    std::filesystem::create_directories(store_.files().work(job) / "made");
    std::ofstream(store_.files().work(job) / "made" / "rtstruct.dcm") << "x";
    store_.files().keep_results(store_.files().work(job) / "made", job);
    store_.record_results(job, {{"RTSTRUCT", "c", "2.25." + std::to_string(number), "s", "rtstruct.dcm"}},
                          {});
    EXPECT_EQ(store_.job(job)->state, sent);
    return job;
  }
  void purge_after(double days) {
    purge_old(config_, store_, messages_, now_ms() + static_cast<std::int64_t>(days * day));
  }
  bool has_slices(std::int64_t job) { return !store_.slices(job).empty(); }
  bool has_results(std::int64_t job) { return std::filesystem::exists(store_.files().results(job)); }
};

TEST_F(RetentionTest, SlicesGoFirstThenResultsAndTheJobStays) {
  const std::int64_t job = sent_job(1);
  purge_after(6.9);
  EXPECT_TRUE(has_slices(job) && has_results(job));
  purge_after(7.1);
  EXPECT_FALSE(has_slices(job));
  EXPECT_TRUE(store_.files().contents().empty());
  EXPECT_TRUE(has_results(job));
  purge_after(29.9);
  EXPECT_TRUE(has_results(job));
  purge_after(30.1);
  EXPECT_FALSE(has_results(job));
  EXPECT_EQ(store_.job(job)->state, sent);
  EXPECT_TRUE(store_.deliveries(job).empty());
  const AuditCheck log = check_audit_log(store_.files().audit_log());
  EXPECT_EQ(log.lines, 2);
  purge_after(31);
  EXPECT_EQ(check_audit_log(store_.files().audit_log()).lines, 2) << "nothing is purged twice";
}

TEST_F(RetentionTest, NothingGoesOfAJobThatIsNotAtItsEnd) {
  const std::int64_t job = sent_job(1);
  store_.move(job, sent, sending, "again");
  purge_after(1000);
  EXPECT_TRUE(has_slices(job) && has_results(job));
}

TEST_F(RetentionTest, WhatNoRuleTakesGoesToo) {
  const std::int64_t job = receive(1).job, mixed = receive(2).job;
  store_.move(job, received, cancelled, "no rule takes it");
  store_.move(mixed, received, failed, "several patients");
  purge_after(6.9);
  EXPECT_TRUE(has_slices(job) && has_slices(mixed));
  purge_after(7.1);
  EXPECT_TRUE(store_.files().contents().empty());
  EXPECT_EQ(receive(1).kind, Recorded::Kind::added) << "it may come again";
}

TEST_F(RetentionTest, WhatWasSetAsideGoesWithItsSeries) {
  const std::int64_t job = sent_job(1);
  EXPECT_EQ(receive(1, 'b').kind, Recorded::Kind::conflict);
  purge_after(6.9);
  EXPECT_EQ(store_.conflicts(store_.job(job)->series), 1);
  purge_after(7.1);
  EXPECT_TRUE(store_.files().contents().empty());
}

TEST_F(RetentionTest, WhatWasSetAsideStaysWhileAJobOfItsSeriesDoes) {
  const std::int64_t job = receive(1).job;
  store_.complete(job, {"rule", {}, {}, 0, false});
  receive(1, 'b');
  ReceivedInstance more;
  more.sop_uid = "1.2.77";
  more.series_uid = "1.9.1";
  more.content = std::string(64, 'c');
  more.is_ct = true;
  std::ofstream(store_.files().instance(more.content)) << "abcd";
  const std::int64_t later = store_.record(more).job;
  ASSERT_EQ(store_.job(job)->state, superseded);
  store_.complete(later, {"rule", {}, {}, 0, false});
  purge_after(100);
  EXPECT_EQ(store_.files().contents().size(), 3U);
  EXPECT_EQ(store_.slices(later).size(), 2U);
}

TEST_F(RetentionTest, ObjectsOfNoJobGoByTheTimeTheyCame) {
  receive(1, 'a', false);
  receive(2);
  purge_after(6.9);
  EXPECT_EQ(store_.files().contents().size(), 2U);
  purge_after(7.1);
  EXPECT_EQ(store_.files().contents().size(), 1U) << "the slice of a job that grows stays";
  EXPECT_EQ(check_audit_log(store_.files().audit_log()).lines, 1);
}

TEST_F(RetentionTest, ZeroKeepsForEver) {
  config_.keep_slices_days = config_.keep_results_days = 0;
  const std::int64_t job = sent_job(1);
  receive(3, 'a', false);
  purge_after(100000);
  EXPECT_TRUE(has_slices(job) && has_results(job));
}

TEST_F(RetentionTest, ResultsThatAreKeptShorterTakeTheSlicesAlong) {
  config_.keep_slices_days = 0;
  config_.keep_results_days = 1;
  const std::int64_t job = sent_job(1), other = sent_job(2);
  store_.move(other, sent, sending, "again");
  purge_after(2);
  EXPECT_FALSE(has_slices(job) || has_results(job));
  EXPECT_TRUE(has_slices(other) && has_results(other));
}

}  // namespace

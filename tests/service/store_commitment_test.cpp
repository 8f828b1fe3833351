#include <fstream>

#include <dcmtk/dcmdata/dctk.h>
#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "service/commitment/commitment_reports.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using enum JobState;

std::int64_t later() { return now_ms() + 1000000; }

// A job whose structure set is on its way to the archive.
class StoreCommitmentTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Store store_{folder_ / "store"};
  NodeConfig config_;
  Messages messages_;
  CommitmentReports reports_{config_, store_, messages_};
  std::int64_t job_ = 0;

  void SetUp() override {
    ReceivedInstance slice;
    slice.sop_uid = "1.2.1";
    slice.series_uid = "1.9";
    slice.content = std::string(64, 'a');
    slice.is_ct = true;
    std::ofstream(store_.files().instance(slice.content)) << "abcd";
    job_ = store_.record(slice).job;
    store_.complete(job_, {"rule", {}, {"archive"}, 0, false});
    store_.take_next();
    store_.record_results(job_,
                          {{"RTSTRUCT", "1.2.840.10008.5.1.4.1.1.481.3", "2.25.1", "s", "rtstruct.dcm"}},
                          {{"archive", {{"RTSTRUCT"}, later()}}});
    Destination archive;
    archive.name = "archive";
    archive.ae_title = "SINK";
    archive.commitment = Commitment::required;
    config_.destinations = {archive};
  }
  JobState state() { return store_.job(job_)->state; }
  Delivery delivery() { return store_.deliveries(job_).at(0); }
  void deliver_and_ask(Commitment commitment, const std::string& transaction) {
    store_.delivered(store_.due("archive", now_ms()).at(0), commitment);
    const std::vector<Delivery> due = store_.commitments("archive", "due", now_ms());
    ASSERT_EQ(due.size(), 1U);
    store_.ask_commitment(due, transaction, later());
  }
};

TEST_F(StoreCommitmentTest, WhatNeedsItIsSentOnceItIsCommitted) {
  deliver_and_ask(Commitment::required, "2.25.77");
  EXPECT_EQ(delivery().state, "stored");
  EXPECT_EQ(state(), sending);
  EXPECT_TRUE(store_.due("archive", later()).empty());
  EXPECT_FALSE(reports_.take("STRANGER", {"2.25.77", {"2.25.1"}, {}}));
  EXPECT_FALSE(reports_.take("SINK", {"2.25.78", {"2.25.1"}, {}}));
  EXPECT_FALSE(reports_.take("SINK", {"", {"2.25.1"}, {}}));
  EXPECT_EQ(state(), sending);
  EXPECT_TRUE(reports_.take("SINK", {"2.25.77", {"2.25.1"}, {}}));
  EXPECT_EQ(state(), sent);
  EXPECT_EQ(delivery().commitment, "committed");
  EXPECT_FALSE(reports_.take("SINK", {"2.25.77", {}, {{"2.25.1", 0x0112}}})) << "a second report";
  EXPECT_EQ(state(), sent);
}

TEST_F(StoreCommitmentTest, WhatIsOfferedIsSentAtOnceAndComesBackWhereItIsRefused) {
  config_.destinations[0].commitment = Commitment::offered;
  deliver_and_ask(Commitment::offered, "2.25.77");
  EXPECT_EQ(state(), sent);
  EXPECT_TRUE(reports_.take("SINK", {"2.25.77", {}, {{"2.25.1", 0x0112}}}));
  EXPECT_EQ(state(), sending);
  EXPECT_EQ(delivery().state, "waiting");
  EXPECT_NE(delivery().reason.find("0112"), std::string::npos) << delivery().reason;
  store_.delivered(store_.due("archive", later()).at(0), Commitment::offered);
  EXPECT_EQ(state(), sent);
  EXPECT_EQ(delivery().commitment, "due");
}

TEST_F(StoreCommitmentTest, AReportThatLacksAnObjectDoesNotCommitIt) {
  deliver_and_ask(Commitment::required, "2.25.77");
  EXPECT_TRUE(reports_.take("SINK", {"2.25.77", {"2.25.2"}, {}}));
  EXPECT_EQ(delivery().state, "waiting");
  EXPECT_EQ(delivery().commitment, "refused");
}

TEST_F(StoreCommitmentTest, IsAskedAgainUnderAnotherTransaction) {
  deliver_and_ask(Commitment::required, "2.25.77");
  store_.ask_commitment_later(store_.commitments("archive", "asked", later() + 1000), 60000, 900000);
  EXPECT_EQ(state(), sending);
  EXPECT_TRUE(store_.commitments("archive", "due", now_ms() + 50000).empty());
  store_.ask_commitment(store_.commitments("archive", "due", now_ms() + 60000), "2.25.78", later());
  EXPECT_FALSE(reports_.take("SINK", {"2.25.77", {"2.25.1"}, {}}));
  EXPECT_TRUE(reports_.take("SINK", {"2.25.78", {"2.25.1"}, {}}));
  EXPECT_EQ(state(), sent);
}

TEST_F(StoreCommitmentTest, NothingWaitsWhereItIsNoLongerAskedFor) {
  deliver_and_ask(Commitment::required, "2.25.77");
  store_.uncommitted(delivery(), "none");
  EXPECT_EQ(state(), sent);
}

TEST_F(StoreCommitmentTest, AnObjectThatIsNeverKeptFailsInTheEnd) {
  store_.delivered(store_.due("archive", now_ms()).at(0), Commitment::no);
  store_.resend(job_, {});  // no time to try
  deliver_and_ask(Commitment::required, "2.25.77");
  EXPECT_TRUE(reports_.take("SINK", {"2.25.77", {}, {{"2.25.1", 0x0110}}}));
  EXPECT_EQ(state(), failed);
}

TEST(Commitment, ReadsReports) {
  DcmDataset data;
  EXPECT_FALSE(read_commitment_report(data));
  data.putAndInsertString(DCM_TransactionUID, "2.25.5");
  DcmItem* item = nullptr;
  ASSERT_TRUE(data.findOrCreateSequenceItem(DCM_ReferencedSOPSequence, item, -2).good());
  item->putAndInsertString(DCM_ReferencedSOPInstanceUID, "2.25.6");
  ASSERT_TRUE(data.findOrCreateSequenceItem(DCM_FailedSOPSequence, item, -2).good());
  item->putAndInsertString(DCM_ReferencedSOPInstanceUID, "2.25.7");
  item->putAndInsertUint16(DCM_FailureReason, 0x0112);
  const auto report = read_commitment_report(data);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->transaction, "2.25.5");
  EXPECT_EQ(report->kept, std::vector<std::string>{"2.25.6"});
  ASSERT_EQ(report->failed.size(), 1U);
  EXPECT_EQ(report->failed[0].sop_uid, "2.25.7");
  EXPECT_EQ(report->failed[0].reason, 0x0112U);
}

TEST(Commitment, RequestNamesEachObject) {
  DcmDataset data =
      commitment_request("2.25.5", {{"RTSTRUCT", "1.2", "2.25.6", "", ""}, {"SEG", "1.3", "2.25.7", "", ""}});
  OFString text;
  data.findAndGetOFString(DCM_TransactionUID, text);
  EXPECT_EQ(text, "2.25.5");
  DcmItem* item = nullptr;
  ASSERT_TRUE(data.findAndGetSequenceItem(DCM_ReferencedSOPSequence, item, 1).good());
  item->findAndGetOFString(DCM_ReferencedSOPClassUID, text);
  EXPECT_EQ(text, "1.3");
  item->findAndGetOFString(DCM_ReferencedSOPInstanceUID, text);
  EXPECT_EQ(text, "2.25.7");
  EXPECT_TRUE(data.findAndGetSequenceItem(DCM_ReferencedSOPSequence, item, 2).bad());
}

}  // namespace

#include "service/store/store.h"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using test::TemporaryFolder;
using enum JobState;

std::int64_t later() { return now_ms() + 1000000; }

std::string hash_of(int number) {
  std::string text = std::to_string(number);
  return std::string(64 - text.size(), 'a') + text;
}

class StoreTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  Store store_{folder_ / "store"};

  ReceivedInstance slice(int number, const std::string& patient = "p") {
    ReceivedInstance i;
    i.sop_uid = "1.2." + std::to_string(number);
    i.sop_class = "1.2.840.10008.5.1.4.1.1.2";
    i.transfer_syntax = "1.2.840.10008.1.2.1";
    i.series_uid = "1.9";
    i.study_uid = "1.8";
    i.patient_digest = patient;
    i.content = hash_of(number);
    i.bytes = 4;
    i.is_ct = true;
    return i;
  }
  Recorded receive(const ReceivedInstance& instance) { return receive(instance, store_); }
  Recorded receive(const ReceivedInstance& instance, Store& store) {
    const auto path = store_.files().new_incoming();
    std::ofstream(path) << "abcd";
    store.files().keep(path, instance.content);
    return store.record(instance);
  }
  JobState state(std::int64_t job) { return store_.job(job)->state; }
  JobPlan plan(bool review = false) { return {"rule", {"--model", "m"}, {"archive"}, 3, review}; }
  void contour(std::int64_t job) {
    ASSERT_EQ(store_.take_next()->id, job);
    std::filesystem::create_directories(store_.files().work(job) / "made");
    std::ofstream(store_.files().work(job) / "made" / "rtstruct.dcm") << "x";
    store_.files().keep_results(store_.files().work(job) / "made", job);
    ASSERT_TRUE(store_.record_results(
        job, {{"RTSTRUCT", "1.2.840.10008.5.1.4.1.1.481.3", "2.25.1", "s", "rtstruct.dcm"}},
        {{"archive", {{"RTSTRUCT"}, later()}}, {"pictures", {{"SEG"}, later()}}}));
  }
};

TEST_F(StoreTest, IsPrivate) {
  for (const char* name : {"", "incoming", "instances", "work", "results"}) {
    struct stat info {};
    ASSERT_EQ(::stat((folder_ / "store" / name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700U) << name;
  }
}

TEST_F(StoreTest, SlicesOfASeriesMakeOneJob) {
  const Recorded first = receive(slice(1)), second = receive(slice(2));
  EXPECT_TRUE(first.new_job);
  EXPECT_FALSE(second.new_job);
  EXPECT_EQ(first.job, second.job);
  EXPECT_EQ(state(first.job), received);
  EXPECT_EQ(store_.slices(first.job).size(), 2U);
}

TEST_F(StoreTest, SameBytesAreIgnoredOtherBytesKeptAside) {
  const Recorded first = receive(slice(1));
  EXPECT_EQ(receive(slice(1)).kind, Recorded::Kind::duplicate);
  ReceivedInstance other = slice(1);
  other.content = hash_of(77);
  EXPECT_EQ(receive(other).kind, Recorded::Kind::conflict);
  EXPECT_EQ(receive(other).kind, Recorded::Kind::duplicate);
  EXPECT_EQ(store_.slices(first.job), std::vector{hash_of(1)});
  EXPECT_EQ(store_.conflicts(first.series), 1);
  EXPECT_TRUE(std::filesystem::exists(store_.files().instance(hash_of(77))));
}

TEST_F(StoreTest, TheArchivesCountMakesASeriesWhole) {
  ReceivedInstance a = slice(1), b = slice(2);
  a.expected = b.expected = 2;
  EXPECT_FALSE(receive(a).whole);
  EXPECT_FALSE(receive(a).whole);
  EXPECT_TRUE(receive(b).whole);
}

TEST_F(StoreTest, MixedPatientsAreNoticed) {
  const Recorded first = receive(slice(1));
  EXPECT_EQ(store_.problem_of_series(first.series), "");
  receive(slice(2, "another"));
  EXPECT_NE(store_.problem_of_series(first.series), "");
}

TEST_F(StoreTest, AJobGoesItsWayAndTellsIt) {
  const std::int64_t job = receive(slice(1)).job;
  EXPECT_FALSE(store_.take_next());
  ASSERT_TRUE(store_.complete(job, plan()));
  EXPECT_FALSE(store_.complete(job, plan()));
  contour(job);
  EXPECT_EQ(state(job), sending);
  const std::vector<Delivery> due = store_.due("archive", now_ms());
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].object.sop_uid, "2.25.1");
  EXPECT_TRUE(store_.due("pictures", now_ms()).empty());
  store_.not_delivered(due[0], "down", now_ms() + 60000);
  EXPECT_TRUE(store_.due("archive", now_ms()).empty());
  EXPECT_EQ(store_.due("archive", now_ms() + 61000).size(), 1U);
  EXPECT_EQ(state(job), sending);
  store_.delivered(due[0]);
  EXPECT_EQ(state(job), sent);
  std::vector<std::string> way;
  for (const Transition& t : store_.transitions(job)) way.push_back(t.to);
  EXPECT_EQ(way,
            (std::vector<std::string>{"received", "complete", "running", "contoured", "sending", "sent"}));
}

TEST_F(StoreTest, GivesUpAfterItsTime) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan());
  ASSERT_TRUE(store_.take_next());
  store_.record_results(job, {{"RTSTRUCT", "c", "2.25.1", "s", "f"}},
                        {{"archive", {{"RTSTRUCT"}, now_ms() - 1}}});
  store_.not_delivered(store_.due("archive", now_ms()).at(0), "down", now_ms());
  EXPECT_EQ(state(job), failed);
  EXPECT_TRUE(store_.resend(job, {{"archive", later()}}));
  EXPECT_EQ(state(job), sending);
  EXPECT_EQ(store_.due("archive", now_ms()).size(), 1U);
}

TEST_F(StoreTest, ReviewHoldsResultsBack) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan(true));
  contour(job);
  EXPECT_EQ(state(job), review);
  EXPECT_TRUE(store_.due("archive", now_ms()).empty());
  EXPECT_TRUE(store_.release(job, {{"archive", later()}}));
  EXPECT_EQ(store_.due("archive", now_ms()).size(), 1U);
}

TEST_F(StoreTest, WhatWasApprovedGoesInPlaceOfWhatWasMade) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan(true));
  ASSERT_TRUE(store_.take_next());
  store_.record_results(job, {{"RTSTRUCT", "c", "2.25.1", "s", "f"}, {"SEG", "d", "2.25.2", "t", "g"}},
                        {{"archive", {{"RTSTRUCT", "SEG"}, later()}}, {"folder", {{"SEG"}, later()}}});
  EXPECT_TRUE(store_.release(job, {{"archive", later()}, {"folder", later()}}, "approved",
                             {{"RTSTRUCT", "c", "2.25.7", "u", "review/structures.dcm"}}));
  EXPECT_EQ(store_.job(job)->reason, "approved");
  const std::vector<Delivery> all = store_.deliveries(job);
  ASSERT_EQ(all.size(), 1U) << "no Segmentation was approved, so none is sent";
  EXPECT_EQ(all[0].object.sop_uid, "2.25.7");
  EXPECT_EQ(all[0].object.file, "review/structures.dcm");
  EXPECT_EQ(all[0].object.sha256, "u");
  EXPECT_FALSE(store_.release(job, {}, "again", {{"RTSTRUCT", "c", "2.25.8", "u", "f"}}));
  EXPECT_EQ(store_.deliveries(job).at(0).object.sop_uid, "2.25.7");
}

TEST_F(StoreTest, PriorityGoesFirst) {
  const std::int64_t low = receive(slice(1)).job;
  ReceivedInstance other = slice(2);
  other.series_uid = "1.10";
  const std::int64_t high = receive(other).job;
  JobPlan urgent = plan();
  urgent.priority = 9;
  store_.complete(low, plan());
  store_.complete(high, urgent);
  EXPECT_EQ(store_.take_next()->id, high);
  EXPECT_EQ(store_.take_next()->id, low);
}

TEST_F(StoreTest, MoreSlicesMakeAJobThatSupersedes) {
  const std::int64_t first = receive(slice(1)).job;
  store_.complete(first, plan());
  contour(first);
  const Recorded more = receive(slice(2));
  EXPECT_TRUE(more.new_job);
  EXPECT_EQ(state(first), superseded);
  EXPECT_EQ(store_.job(first)->superseded_by, more.job);
  EXPECT_TRUE(store_.due("archive", now_ms()).empty());
  EXPECT_EQ(store_.slices(more.job).size(), 2U);
  EXPECT_EQ(receive(slice(1)).kind, Recorded::Kind::duplicate);
}

TEST_F(StoreTest, RecoveryMakesFilesAndTablesAgree) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan());
  ASSERT_TRUE(store_.take_next());
  std::ofstream(store_.files().new_incoming()) << "half";
  std::ofstream(store_.files().instance(hash_of(55))) << "never answered";
  std::filesystem::create_directories(store_.files().work(job));
  std::filesystem::create_directories(store_.files().results(job));
  Store again(folder_ / "store");
  const auto nothing = [](const std::filesystem::path&) { return std::nullopt; };
  const Recovery found = again.recover(nothing);
  EXPECT_EQ(found.interrupted_jobs, 1);
  EXPECT_EQ(found.unrecorded_files, 1);
  EXPECT_EQ(found.unrecorded_results, 1);
  EXPECT_EQ(found.lost_files, 0);
  EXPECT_EQ(again.job(job)->state, complete);
  EXPECT_FALSE(std::filesystem::exists(again.files().instance(hash_of(55))));
  EXPECT_FALSE(std::filesystem::exists(again.files().work(job)));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "store" / "incoming"));
  EXPECT_TRUE(std::filesystem::exists(again.files().instance(hash_of(1))));
  const Recovery twice = again.recover(nothing);
  EXPECT_EQ(twice.interrupted_jobs + twice.unrecorded_files + twice.unrecorded_results, 0);
}

// After a power cut rows may lack of files that were answered with success.
TEST_F(StoreTest, RecoveryRecordsWholeFilesInTheirOrder) {
  receive(slice(1));
  for (const int number : {2, 3, 4}) std::ofstream(store_.files().instance(hash_of(number))) << "abcd";
  const Recovery found = store_.recover([&](const std::filesystem::path& file) {
    std::optional<ReceivedInstance> kept;
    for (const int number : {2, 3, 4})
      if (file == store_.files().instance(hash_of(number))) kept = slice(number);
    if (kept && kept->sop_uid == "1.2.2") kept->content = hash_of(7);  // cut short: its hash is another
    if (kept) kept->received = kept->sop_uid == "1.2.3" ? 2000 : 1000;
    if (kept && kept->sop_uid == "1.2.3") kept->sop_uid = "1.2.4";  // two under one UID
    return kept;
  });
  EXPECT_EQ(found.recorded_files, 2);
  EXPECT_EQ(found.unrecorded_files, 1);
  const std::vector<Job> jobs = store_.jobs();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(store_.slices(jobs[0].id), (std::vector{hash_of(1), hash_of(4)}));
  EXPECT_EQ(store_.conflicts(jobs[0].series), 1);
  EXPECT_FALSE(std::filesystem::exists(store_.files().instance(hash_of(2))));
}

TEST_F(StoreTest, ALostSliceIsForgottenSoThatItCanComeAgain) {
  const std::int64_t job = receive(slice(1)).job;
  receive(slice(2));
  store_.complete(job, plan());
  std::ofstream(store_.files().instance(hash_of(1)), std::ios::trunc) << "ab";  // cut short
  EXPECT_EQ(store_.recover([](const std::filesystem::path&) { return std::nullopt; }).lost_files, 1);
  EXPECT_EQ(state(job), failed);
  const Recorded anew = receive(slice(1));
  EXPECT_EQ(anew.kind, Recorded::Kind::added);
  EXPECT_EQ(store_.slices(anew.job).size(), 2U);
}

TEST_F(StoreTest, PurgeLeavesWhatAnotherJobNeeds) {
  const std::int64_t first = receive(slice(1)).job;
  store_.complete(first, plan());
  test::expect_refused(ErrorKind::usage, {"not at its end"}, [&] { store_.purge(first, Store::Part::all); });
  const std::int64_t second = receive(slice(2)).job;
  store_.complete(second, plan());
  store_.move(second, complete, cancelled, "");
  EXPECT_TRUE(store_.purge(first, Store::Part::all));
  EXPECT_EQ(store_.slices(second).size(), 2U);
  EXPECT_TRUE(store_.purge(second, Store::Part::all));
  EXPECT_FALSE(store_.purge(second, Store::Part::all));
  EXPECT_TRUE(store_.files().contents().empty());
}

// The receiver has given the file its place, then a purge of the same bytes takes it away.
TEST_F(StoreTest, RefusesAnInstanceWhoseFileAPurgeTook) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan());
  store_.move(job, complete, cancelled, "");
  const auto path = store_.files().new_incoming();
  std::ofstream(path) << "abcd";
  store_.files().keep(path, slice(1).content);
  ASSERT_TRUE(store_.purge(job, Store::Part::all));
  test::expect_refused(ErrorKind::output, {"purged", "send it again"}, [&] { store_.record(slice(1)); });
  EXPECT_EQ(receive(slice(1)).kind, Recorded::Kind::added);
}

TEST_F(StoreTest, EachDestinationHasItsOwnTimeToGiveUp) {
  const std::int64_t job = receive(slice(1)).job;
  JobPlan both = plan();
  both.destinations = {"archive", "planning"};
  store_.complete(job, both);
  ASSERT_TRUE(store_.take_next());
  ASSERT_TRUE(store_.record_results(
      job, {{"RTSTRUCT", "c", "2.25.1", "s", "f"}},
      {{"archive", {{"RTSTRUCT"}, now_ms() - 1}}, {"planning", {{"RTSTRUCT"}, later()}}}));
  for (const char* name : {"archive", "planning"})
    store_.not_delivered(store_.due(name, now_ms()).at(0), "down", now_ms());
  EXPECT_TRUE(store_.due("archive", now_ms()).empty());
  EXPECT_EQ(store_.due("planning", now_ms()).size(), 1U);
}

// A review over a weekend must not use up the time in which sending is tried.
TEST_F(StoreTest, TimeToGiveUpBeginsWithTheRelease) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan(true));
  ASSERT_TRUE(store_.take_next());
  ASSERT_TRUE(store_.record_results(job, {{"RTSTRUCT", "c", "2.25.1", "s", "f"}},
                                    {{"archive", {{"RTSTRUCT"}, now_ms() - 1}}}));
  ASSERT_TRUE(store_.release(job, {{"archive", later()}}));
  store_.not_delivered(store_.due("archive", now_ms()).at(0), "down", now_ms());
  EXPECT_EQ(state(job), sending);
}

TEST_F(StoreTest, PurgedSlicesLeaveTheResults) {
  const std::int64_t job = receive(slice(1)).job;
  store_.complete(job, plan());
  contour(job);
  store_.delivered(store_.due("archive", now_ms()).at(0));
  ASSERT_EQ(state(job), sent);
  EXPECT_TRUE(store_.purge(job, Store::Part::slices));
  EXPECT_FALSE(store_.purge(job, Store::Part::slices));
  EXPECT_TRUE(store_.files().contents().empty());
  EXPECT_TRUE(std::filesystem::exists(store_.files().results(job) / "rtstruct.dcm"));
  EXPECT_TRUE(store_.resend(job, {{"archive", later()}}));
  EXPECT_EQ(store_.due("archive", now_ms()).size(), 1U);
}

TEST_F(StoreTest, TakesInstancesOfManyThreadsAndProcesses) {
  constexpr int threads = 8, each = 20;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      Store own(folder_ / "store");
      for (int k = 0; k < each; ++k) receive(slice(t * each + k), k % 2 ? store_ : own);
    });
  for (std::thread& thread : running) thread.join();
  ASSERT_EQ(store_.jobs().size(), 1U);
  EXPECT_EQ(store_.slices(store_.jobs()[0].id).size(), std::size_t{threads * each});
}

}  // namespace

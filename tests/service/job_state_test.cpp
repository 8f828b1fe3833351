#include "service/store/job_state.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "common/refusal.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using enum JobState;

TEST(JobState, TextsLeadBack) {
  std::set<std::string_view> texts;
  for (const JobState state : all_job_states()) {
    EXPECT_EQ(job_state(to_text(state)), state);
    EXPECT_TRUE(texts.insert(to_text(state)).second);
  }
  test::expect_refused(ErrorKind::internal, {"asleep"}, [] { job_state("asleep"); });
}

TEST(JobState, TheUsualWayIsAllowed) {
  const std::vector<JobState> way = {received, complete, running, contoured, review, sending, sent};
  for (std::size_t k = 1; k < way.size(); ++k) EXPECT_TRUE(may_follow(way[k - 1], way[k])) << k;
}

TEST(JobState, NothingIsSkippedOrGoesBack) {
  EXPECT_FALSE(may_follow(received, running));
  EXPECT_FALSE(may_follow(complete, sent));
  EXPECT_FALSE(may_follow(running, sending));
  EXPECT_FALSE(may_follow(sent, running));
  EXPECT_FALSE(may_follow(contoured, running));
  for (const JobState state : all_job_states()) {
    EXPECT_EQ(may_follow(state, received), state == failed || state == cancelled) << to_text(state);
    EXPECT_FALSE(may_follow(superseded, state)) << to_text(state);
    EXPECT_FALSE(may_follow(state, state)) << to_text(state);
  }
}

TEST(JobState, EveryUnfinishedStateHasAWayToAnEnd) {
  for (const JobState from : all_job_states()) {
    if (is_final(from)) continue;
    EXPECT_TRUE(may_follow(from, failed)) << to_text(from);
    EXPECT_TRUE(may_follow(from, cancelled)) << to_text(from);
  }
}

}  // namespace

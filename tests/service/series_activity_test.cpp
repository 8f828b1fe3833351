#include "service/queue/series_activity.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace {

using anatomynet::service::SeriesActivity;

void wait_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

TEST(SeriesActivity, IsQuietOnlyAfterTheLastAssociation) {
  SeriesActivity activity(0.05, 0.05);
  activity.begin("1.2");
  activity.begin("1.2");
  wait_ms(100);
  EXPECT_FALSE(activity.is_quiet("1.2"));
  activity.end({"1.2"}, true);
  wait_ms(100);
  EXPECT_FALSE(activity.is_quiet("1.2"));  // the other one is still open
  activity.end({"1.2"}, true);
  EXPECT_FALSE(activity.is_quiet("1.2"));
  wait_ms(100);
  EXPECT_TRUE(activity.is_quiet("1.2"));
}

TEST(SeriesActivity, WaitsLongerAfterACut) {
  SeriesActivity activity(0, 60);
  activity.begin("1.2");
  activity.end({"1.2"}, false);
  EXPECT_FALSE(activity.is_quiet("1.2"));
  activity.begin("1.3");
  activity.end({"1.3"}, true);
  EXPECT_TRUE(activity.is_quiet("1.3"));
}

TEST(SeriesActivity, TakesASeriesFromBeforeTheStartAsCut) {
  SeriesActivity activity(0, 60);
  EXPECT_FALSE(activity.is_quiet("1.2"));
}

TEST(SeriesActivity, WholeSeriesNeedNoQuiet) {
  SeriesActivity activity(60, 60);
  activity.begin("1.2");
  activity.whole("1.2");
  EXPECT_TRUE(activity.is_quiet("1.2"));
  activity.forget("1.2");
  EXPECT_FALSE(activity.is_quiet("1.2"));  // a slice more begins anew
}

}  // namespace

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/csv.h"
#include "review/control_chart.h"
#include "review/edit_records.h"
#include "review/review_fixtures.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::review;
namespace fs = std::filesystem;

// By hand: 10 values whose mean moving range is 1, then one that leaves.
TEST(ControlChart, LimitsAreThoseOfTheFormulas) {
  std::vector<double> values;
  for (int i = 0; i < 20; ++i) values.push_back(10 + i % 2);
  values.push_back(20);
  const auto chart = control_chart(values);
  ASSERT_TRUE(chart);
  EXPECT_EQ(chart->baseline, 20u);
  EXPECT_NEAR(chart->centre, 10.5, 1e-12);
  EXPECT_NEAR(chart->sigma, 1 / 1.128, 1e-12);
  EXPECT_NEAR(chart->high, 10.5 + 3 / 1.128, 1e-12);
  EXPECT_NEAR(chart->averages[0].value, 0.8 * 10.5 + 0.2 * 10, 1e-12);
  EXPECT_NEAR(chart->averages[0].high, 10.5 + 3 / 1.128 * 0.2, 1e-12);  // lambda after one value
  EXPECT_NEAR(chart->averages[20].high, 10.5 + 3 / 1.128 * std::sqrt(0.2 / 1.8), 1e-3);
  EXPECT_EQ(chart->out_of_limits, std::vector<std::size_t>{20});
  EXPECT_FALSE(control_chart(std::vector<double>(7, 1.0)));
  const auto equal = control_chart(std::vector<double>(30, 0.1));
  EXPECT_TRUE(equal->out_of_limits.empty());
  // A slow drift leaves the average's limits before it leaves those of single values.
  std::vector<double> drift(20);
  for (int i = 0; i < 20; ++i) drift[i] = i % 2;
  for (int i = 0; i < 15; ++i) drift.push_back(i % 2 + 1.2);
  const auto slow = control_chart(drift);
  ASSERT_FALSE(slow->out_of_limits.empty());
  EXPECT_LE(drift[slow->out_of_limits[0]], slow->high);
}

class ReviewRecords : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Messages messages_;

  void approve(const std::string& store, const std::string& by, bool change) {
    Review review(test::dicom_case(folder_, test::small_grid()), {}, {folder_ / store, {}}, messages_);
    if (change) review.replace_mask(1, 0, {{0, 0, 0}, {3, 4, 2}}, test::base64(Runs{0, 24}), 5);
    review.save(by, "", true);
    fs::remove_all(folder_ / "ct");
  }
};

TEST_F(ReviewRecords, ComeFromEveryApprovedStore) {
  approve("all/a", "AB", true);
  approve("all/deep/b", "<script>alert(1)</script>", false);
  fs::create_directories(folder_ / "all/c/versions");
  test::write_bytes(folder_ / "all/c/case.json", "{}");
  test::write_bytes(folder_ / "all/d/case.json", "{}");
  fs::create_directories(folder_ / "all/d/versions");
  test::write_bytes(folder_ / "all/d/edits.json", "{\"organs\": 5}");
  std::vector<std::string> notes;
  const auto records = read_edit_records({folder_ / "all"}, notes);
  EXPECT_EQ(notes.size(), 2u);
  ASSERT_EQ(records.size(), 6u);
  const auto changed =
      std::count_if(records.begin(), records.end(), [](const auto& r) { return !r.unchanged; });
  EXPECT_EQ(changed, 1);
  const std::string table = records_table(records), page = records_page(records, folder_ / "out");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 7);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("Parotid_L"), std::string::npos);
  EXPECT_NE(page.find("../all/a/edits.json"), std::string::npos);
}

}  // namespace

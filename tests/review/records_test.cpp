#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

  void approve(const std::string& store, const std::string& by, bool change, const std::string& role = "",
               const Origin& origin = {}) {
    OpenedCase opened = test::dicom_case(folder_, test::small_grid());
    opened.origin.weights = origin.weights;
    opened.origin.template_file = origin.template_file;
    opened.origin.template_sha256 = origin.template_sha256;
    Review review(std::move(opened), {}, {folder_ / store, {}}, messages_);
    if (change) review.replace_mask(1, 0, {{0, 0, 0}, {3, 4, 2}}, test::base64(Runs{0, 24}), 5);
    review.save(by, "", true, role);
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

TEST_F(ReviewRecords, KnowWeightsTemplateAndRole) {
  Origin first, second;
  first.weights = "w-1";
  second.weights = "w-2";
  first.template_file = second.template_file = "clinic.toml";
  first.template_sha256 = std::string(64, 'a');
  second.template_sha256 = std::string(64, 'b');
  approve("all/a", "AB", true, "review", first);
  approve("all/b", "AB", false, "administer", second);
  approve("all/c", "CD", true);  // a file of its own: neither is known
  // As an earlier version wrote one.
  auto old = nlohmann::json::parse(test::read_bytes(folder_ / "all/c/edits.json"));
  for (const char* key : {"weights", "template", "template_sha256", "role"})
    ASSERT_EQ(old.erase(key), 1u) << key;
  test::write_bytes(folder_ / "all/c/edits.json", old.dump());
  std::vector<std::string> notes;
  const auto records = read_edit_records({folder_ / "all"}, notes);
  EXPECT_TRUE(notes.empty());
  ASSERT_EQ(records.size(), 9u);
  const auto of = [&](Grouping by) {
    std::map<std::string, int> groups;
    for (const EditRecord& one : records) ++groups[group_of(one, by)];
    return groups;
  };
  using Groups = std::map<std::string, int>;
  EXPECT_EQ(of(Grouping::weights), (Groups{{"", 3}, {"w-1", 3}, {"w-2", 3}}));
  EXPECT_EQ(of(Grouping::role), (Groups{{"", 3}, {"administer", 3}, {"review", 3}}));
  EXPECT_EQ(of(Grouping::reviewer), (Groups{{"AB", 6}, {"CD", 3}}));
  EXPECT_EQ(of(Grouping::structure_template),
            (Groups{{"", 3}, {"clinic.toml aaaaaaaaaaaa", 3}, {"clinic.toml bbbbbbbbbbbb", 3}}));
  EXPECT_EQ(of(Grouping::organ), (Groups{{"BrainStem", 3}, {"PTV 70", 3}, {"Parotid_L", 3}}));
  ASSERT_EQ(grouping_names().size(), 6u);
  EXPECT_EQ(grouping_names()[static_cast<std::size_t>(Grouping::structure_template)], "template");

  const auto rows = [](const std::string& table) {
    std::map<std::string, CsvRow> out;
    for (std::size_t at = 0; at < table.size();) {
      const std::size_t end = table.find('\n', at);
      CsvRow row = csv_cells(table.substr(at, end - at));
      out[row[0] + "|" + row[1]] = row;
      at = end + 1;
    }
    return out;
  };
  const auto by_role = rows(groups_table(records, Grouping::role));
  ASSERT_EQ(by_role.size(), 10u);
  EXPECT_EQ(by_role.at("Parotid_L|review")[2], "1");
  EXPECT_EQ(by_role.at("Parotid_L|review")[4], "0");
  EXPECT_EQ(by_role.at("Parotid_L|administer")[4], "100");
  const auto by_organ = rows(groups_table(records, Grouping::organ));
  ASSERT_EQ(by_organ.size(), 4u);
  EXPECT_EQ(by_organ.at("BrainStem|3")[3], "100");
  const std::string page = records_page(records, folder_ / "out", Grouping::role);
  for (const char* title : {"By weights", "By template", "By reviewer's role", "clinic.toml aaaaaaaaaaaa"})
    EXPECT_NE(page.find(title), std::string::npos) << title;
  const std::string table = test::read_bytes(folder_ / "all/a/edits.csv");
  EXPECT_NE(table.find(std::string(64, 'a')), std::string::npos);
}

// Charts of one group each: eight cases by one role make a chart, three by another do not.
TEST(RecordsPage, ChartsTheGroupsThatAreAskedFor) {
  std::vector<EditRecord> records;
  for (int i = 0; i < 11; ++i) {
    EditRecord one;
    one.organ = "Brain";
    one.role = i < 8 ? "review" : "administer";
    one.at = std::to_string(i);
    one.seconds = i;
    records.push_back(one);
  }
  const auto has = [](const std::string& page, const char* title) {
    return page.find(title) != std::string::npos;
  };
  const std::string all = records_page(records, "out"), apart = records_page(records, "out", Grouping::role);
  EXPECT_TRUE(has(all, "Brain: Seconds"));
  EXPECT_TRUE(has(apart, "Brain, review: Seconds"));
  EXPECT_FALSE(has(apart, "Brain, administer: Seconds"));
  EXPECT_FALSE(has(apart, "Brain: Seconds"));
}

// What a person drew anew is counted, but says nothing of the contours that were given; a case out of limits
// is named beside its chart and linked.
TEST(RecordsPage, LeavesDrawnStructuresOutAndLinksCasesOutOfLimits) {
  std::vector<EditRecord> records;
  for (int i = 0; i < 12; ++i) {
    EditRecord one;
    one.organ = "Brain";
    one.case_name = "case " + std::to_string(i);
    one.store = "stores/" + std::to_string(i);
    one.at = "2026-01-" + std::to_string(10 + i);
    one.unchanged = i % 2 == 0;
    one.drawn_new = i == 3;
    one.seconds = i == 11 ? 900 : 10 + i % 2;
    one.figures["surface_dice"] = i == 3 ? 0 : 0.9;
    records.push_back(one);
  }
  std::string table = groups_table(records, Grouping::organ);
  table.pop_back();
  const CsvRow row = csv_cells(table.substr(table.find('\n') + 1));
  ASSERT_EQ(row.size(), 11u);
  EXPECT_EQ(row[1], "12");
  EXPECT_EQ(row[2], "1");
  EXPECT_NEAR(std::stod(row[3]), 100.0 * 6 / 11, 1e-3);
  EXPECT_EQ(row[5], "0.9");  // median surface Dice
  const std::string page = records_page(records, "out");
  const std::string chart = page.substr(page.find("Brain: Seconds"));
  EXPECT_NE(chart.find("11 cases, approved 2026-01-10 to 2026-01-21; limits of the first 11"),
            std::string::npos);
  EXPECT_NE(
      chart.find("out of limits 1: 11 (<a href=\"../stores/11/edits.json\">case 11 (../stores/11)</a>)"),
      std::string::npos);
  EXPECT_EQ(page.find("stores/3/"), std::string::npos);
  EXPECT_NE(page.find("<p>Brain: Surface Dice is 0.900 in all 11 cases.</p>"), std::string::npos);
}

}  // namespace

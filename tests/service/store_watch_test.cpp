#include "service/watch/store_watch.h"

#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "common/temporary_folder.h"
#include "service/web/watch_page.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;
using nlohmann::json;
namespace fs = std::filesystem;

struct Recorded : Messages {
  std::vector<std::string> warnings;
  void warning(const std::string& text) override { warnings.push_back(text); }
};

class StoreWatchTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  Store store_{folder_ / "store"};
  NodeConfig config_;
  Recorded messages_;
  std::mt19937_64 random_{7};

  // What `segment` writes, as far as it is watched.
  void write_result(const fs::path& to, double hu, const std::string& kernel) {
    fs::create_directories(to);
    std::normal_distribution<double> scatter;
    const json summary{{"model", {{"id", "m-1"}}},
                       {"grid",
                        {{"size_xyz", {512, 512, 90}},
                         {"spacing_xyz_mm", {0.98, 0.98, 2.5}},
                         {"origin_lps_mm", {0, 0, 0}},
                         {"direction", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}}},
                       {"scanner", {{"kernel", kernel}}},
                       {"patient", "Gray^Anna"}};
    const json quality{
        {"soft_tissue_hu", hu + 10 * scatter(random_)}, {"flags", json::array()}, {"organs", json::array()}};
    std::ofstream(to / "summary.json") << summary;
    std::ofstream(to / "quality.json") << quality;
    std::ofstream(to / "manifest.json") << "{}";
  }
  void contour(std::int64_t from, std::int64_t to, double hu = 40, const std::string& kernel = "B30f") {
    for (std::int64_t job = from; job <= to; ++job) {
      const fs::path made = store_.files().work(job) / "made";
      write_result(made, hu, kernel);
      store_.files().keep_results(made, job);
    }
  }
  std::string arrivals() {
    std::ostringstream text;
    text << std::ifstream(store_.files().arrivals()).rdbuf();
    return text.str();
  }
};

TEST_F(StoreWatchTest, TheFirstResultsAreTheBaseline) {
  StoreWatch watch(config_, store_, messages_);
  watch.look();
  EXPECT_EQ(watch.shown()->line.find("nothing is compared yet: 0 of the first 30"), 0U);
  contour(1, 30);
  watch.look();
  EXPECT_FALSE(watch.shown()->watched);
  EXPECT_EQ(watch_json(*watch.shown())["state"], "waiting");
  contour(31, 50);
  watch.look();
  ASSERT_TRUE(watch.shown()->watched);
  EXPECT_EQ(watch.shown()->watched->arrivals, 20U);
  EXPECT_EQ(watch_json(*watch.shown())["state"], "quiet") << watch.shown()->line;
  const std::int64_t version = watch.shown()->version;
  watch.look();
  EXPECT_EQ(watch.shown()->version, version) << "nothing is new";

  contour(51, 60, 90);
  watch.look();
  const json told = watch_json(*watch.shown());
  EXPECT_EQ(told["state"], "moved");
  ASSERT_EQ(told["moved"].size(), 1U) << told;
  EXPECT_EQ(told["moved"][0]["figure"], "soft_tissue_hu");
  EXPECT_EQ(told["moved"][0]["cases"].back(), "job-60");
  ASSERT_EQ(messages_.warnings.size(), 1U);
  EXPECT_NE(messages_.warnings[0].find("moved: soft tissue"), std::string::npos);
}

TEST_F(StoreWatchTest, FiguresOutliveResultsAndTheNode) {
  contour(1, 50);
  StoreWatch first(config_, store_, messages_);
  first.look();
  const json before = acceptance::record_of(*first.shown()->watched);
  const std::int64_t version = first.shown()->version;
  for (std::int64_t job = 1; job <= 50; ++job) store_.files().remove_results(job);
  first.look();
  EXPECT_EQ(json(acceptance::record_of(*first.shown()->watched)), before);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  StoreWatch second(config_, store_, messages_);
  second.look();
  EXPECT_GT(second.shown()->version, version) << "a page that stayed open must see that it is another run";
  EXPECT_EQ(json(acceptance::record_of(*second.shown()->watched)), before);
  EXPECT_EQ(arrivals().find("Gray"), std::string::npos);
  struct stat about {};
  ASSERT_EQ(::stat(store_.files().arrivals().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(StoreWatchTest, LinesThatAKillOrAHandSpoiltAreLeftOut) {
  contour(1, 3);
  StoreWatch(config_, store_, messages_).look();
  const std::string whole = arrivals();
  std::ofstream(store_.files().arrivals(), std::ios::app) << "nonsense\n"
                                                          << R"({"name":"job-9","ti)";
  StoreWatch watch(config_, store_, messages_);
  EXPECT_EQ(messages_.warnings.size(), 1U);
  EXPECT_EQ(arrivals(), whole + "nonsense\n");
  contour(4, 4);
  watch.look();
  EXPECT_NE(watch.shown()->line.find("4 of the first 30"), std::string::npos) << watch.shown()->line;
}

TEST_F(StoreWatchTest, ABaselineMustServe) {
  config_.watch.baseline = folder_ / "none";
  EXPECT_THROW(StoreWatch(config_, store_, messages_), Error);
  for (int k = 0; k < 14; ++k)
    write_result(folder_ / "accepted/contours/case" / std::to_string(k), 40, "B30f");
  config_.watch.baseline = folder_ / "accepted";
  EXPECT_THROW(StoreWatch(config_, store_, messages_), Error);
  write_result(folder_ / "accepted/contours/case/14", 40, "B30f");
  StoreWatch watch(config_, store_, messages_);
  contour(1, 1);
  watch.look();
  ASSERT_TRUE(watch.shown()->watched);
  EXPECT_EQ(watch.shown()->watched->baseline, 15U);
}

TEST_F(StoreWatchTest, ThePageHoldsTextAlone) {
  config_.watch.first = 15;
  contour(1, 15);
  contour(16, 17, 40, "<script>alert(1)</script>\"'");
  StoreWatch watch(config_, store_, messages_);
  watch.look();
  const std::string page = watch_html(*watch.shown());
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert"), std::string::npos);
  EXPECT_EQ(page.find("style="), std::string::npos) << "the policy takes no style in elements";
  EXPECT_EQ(page.find("<style"), std::string::npos);
  EXPECT_NE(page.find("<svg"), std::string::npos);
}

}  // namespace

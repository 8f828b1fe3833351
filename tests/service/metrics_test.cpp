#include "service/web/metrics.h"

#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "common/temporary_folder.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::service;

TEST(Metrics, LabelsCannotBreakOutOfTheirLine) {
  MetricsText out;
  out.family("x", "gauge", "Help.");
  out.add({{"a", "q\"uote\\back\nline\r"}, {"b", "\xff\xfe"}}, 3);
  EXPECT_EQ(out.text(),
            "# HELP anatomynet_x Help.\n# TYPE anatomynet_x gauge\n"
            "anatomynet_x{a=\"q\\\"uote\\\\back line \",b=\"\xEF\xBF\xBD\xEF\xBF\xBD\"} 3\n");
}

TEST(Metrics, HistogramIsCumulative) {
  SecondsHistogram histogram;
  for (const double s : {4.0, 5.0, 5.1, 4000.0}) histogram.add(s);
  MetricsText out;
  out.family("t", "histogram", "Help.");
  out.histogram(histogram.counts());
  EXPECT_NE(out.text().find("anatomynet_t_bucket{le=\"5\"} 2\n"), std::string::npos) << out.text();
  EXPECT_NE(out.text().find("anatomynet_t_bucket{le=\"10\"} 3\n"), std::string::npos);
  EXPECT_NE(out.text().find("anatomynet_t_bucket{le=\"3600\"} 3\n"), std::string::npos);
  EXPECT_NE(out.text().find("anatomynet_t_bucket{le=\"+Inf\"} 4\n"), std::string::npos);
  EXPECT_NE(out.text().find("anatomynet_t_sum 4014.1\n"), std::string::npos);
  EXPECT_NE(out.text().find("anatomynet_t_count 4\n"), std::string::npos);
}

// Exposition format 0.0.4: each line is a comment or name, labels, value.
TEST(Metrics, EveryLineIsASampleOrAComment) {
  const test::TemporaryFolder folder;
  Store store(folder / "store");
  NodeConfig config;
  NodeCounters counters;
  counters.instances = 7;
  const std::string text = metrics_text(config, store, counters);
  const std::regex sample(
      R"re([a-z_]+(\{[a-z]+="([^"\\]|\\["\\])*"(,[a-z]+="([^"\\]|\\["\\])*")*\})? [-+.e0-9]+)re");
  std::istringstream lines(text);
  int samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
    EXPECT_TRUE(std::regex_match(line, sample)) << line;
    ++samples;
  }
  EXPECT_GT(samples, 20);
  EXPECT_NE(text.find("anatomynet_instances_received_total 7\n"), std::string::npos);
  EXPECT_NE(text.find("anatomynet_jobs{state=\"sent\"} 0\n"), std::string::npos);
}

}  // namespace

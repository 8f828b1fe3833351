#include "cli/app/progress_bar.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace anatomynet::cli {
namespace {

TEST(ProgressBar, FillsWithTheShareDone) {
  const auto filled = [](double fraction) {
    const std::string line = ProgressBar::line("network", fraction, 80);
    return std::count(line.begin(), line.end(), '=');
  };
  EXPECT_EQ(filled(0), 0);
  EXPECT_EQ(filled(0.5), filled(1) / 2);
  EXPECT_EQ(ProgressBar::line("network", 1, 80).back(), '%');
  EXPECT_NE(ProgressBar::line("network", 0.25, 80).find("25%"), std::string::npos);
}

TEST(ProgressBar, NeverWrapsTheTerminal) {
  for (int columns = 1; columns < 120; ++columns)
    EXPECT_LT(ProgressBar::line("a stage with a long name", 0.999, columns).size(), std::size_t(columns));
}

TEST(ProgressBar, TakesAnyFraction) {
  for (const double fraction : {-1.0, 2.0, std::nan(""), HUGE_VAL})
    EXPECT_LT(ProgressBar::line("network", fraction, 80).size(), 80u) << fraction;
  EXPECT_NE(ProgressBar::line("network", 2.0, 80).find("100%"), std::string::npos);
}

}  // namespace
}  // namespace anatomynet::cli

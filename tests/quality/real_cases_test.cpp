#include <filesystem>

#include <gtest/gtest.h>

#include "bench/quality/table.h"

namespace anatomynet::quality {
namespace {

const std::filesystem::path data = ANATOMYNET_SHARED_DIR "/data/openkbp";

std::string lines(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& line : list) text += "\n  " + line;
  return text;
}

// A half of what has any size is no error that can be seen (docs/quality.md).
Case without_any_size(Case c) {
  std::erase_if(c.organs, [](const Organ& organ) { return has_any_size(organ.name); });
  for (std::uint8_t& id : c.labels.voxels)
    if (find_organ(c.organs, id) == nullptr) id = 0;
  return c;
}

TEST(RealCases, UntouchedTruthsAreHardlyEverFlagged) {
  if (!std::filesystem::exists(data))
    GTEST_SKIP() << data << " is absent: false alarms are NOT measured on real contours";
  Table table, of_sized;
  for (const Case& c : openkbp_cases(data, "validation", true)) {
    count_untouched(c, shipped_reference(), table);
    count_untouched(without_any_size(c), shipped_reference(), of_sized);
  }
  EXPECT_LE(of_sized.organs.flagged, 2) << lines(of_sized.false_alarms);  // pt_216, rightly
  EXPECT_GE(table.organs.all, 100);
  EXPECT_LE(table.cases.percent(), 14) << lines(table.false_alarms);
  EXPECT_LE(table.organs.percent(), 4) << lines(table.false_alarms);
}

// Every fourth case, to be done in seconds; all of them: bench_quality table.
TEST(RealCases, PlantedErrorsAreFlagged) {
  if (!std::filesystem::exists(data))
    GTEST_SKIP() << data << " is absent: planted errors are NOT looked for in real contours";
  Table table;
  const std::vector<Case> cases = openkbp_cases(data, "validation", false);
  for (std::size_t i = 0; i < cases.size(); i += 4)
    count_planted(without_any_size(cases[i]), shipped_reference(), table);
  for (const char* error :
       {"left-right swap", "upside-down", "HU shift", "far blob", "cut volume", "half erased"}) {
    ASSERT_GT(table.errors[error].all, 0) << error;
    EXPECT_GE(table.errors[error].percent(), 95) << error << lines(table.missed);
  }
}

}  // namespace
}  // namespace anatomynet::quality

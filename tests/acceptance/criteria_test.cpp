#include "acceptance/criteria.h"

#include <fstream>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace anatomynet::acceptance {
namespace {

TEST(Criteria, EveryBuiltInNumberStatesItsSource) {
  const Criteria criteria = shipped_criteria();
  EXPECT_EQ(criteria.rules.size(), 10u);
  for (const auto& [name, rule] : criteria.rules) EXPECT_GT(rule.source.size(), 10u) << name;
  for (const Level& level : criteria.levels) EXPECT_GT(level.source.size(), 10u) << level.organ;
  for (const TrainedOn& known : criteria.trained_on) EXPECT_FALSE(known.source.empty()) << known.model;
}

TEST(Criteria, AnOrgansOwnLevelGoesBeforeThatOfAllAndThePixelSizeChooses) {
  const Criteria criteria = shipped_criteria();
  const auto use_of = [&](const char* organ, double pixel_mm) {
    double use = -1;
    int levels = 0;
    for (const Level& level : criteria.of(organ, pixel_mm))
      if (level.figure == "dice") use = level.use, ++levels;
    EXPECT_EQ(levels, 1) << organ;
    return use;
  };
  EXPECT_DOUBLE_EQ(use_of("Parotid_L", 1.0), 0.81);
  EXPECT_DOUBLE_EQ(use_of("Parotid_L", 3.9), 0.72);
  EXPECT_DOUBLE_EQ(use_of("Larynx", 1.0), 0.80);
  EXPECT_EQ(criteria.of("Parotid_L", 1.0).size(), 2u) << "and the surface distance of every organ";
}

TEST(Criteria, AClinicsFileGoesOverThem) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "ours.toml";
  std::ofstream(file)
      << "[rule.least_patients]\nvalue = 25\n\n[[level]]\norgan = \"Parotid_L\"\nfigure = \"dice\"\n"
         "use = 0.9\ncare = 0.8\nsource = \"our protocol\"\n";
  const Criteria criteria = read_criteria(file);
  EXPECT_EQ(criteria.rule("least_patients"), 25);
  EXPECT_EQ(criteria.rule("end_mm"), 5);
  for (const double pixel_mm : {1.0, 4.0}) {
    const auto levels = criteria.of("Parotid_L", pixel_mm);
    ASSERT_EQ(levels.size(), 2u);
    EXPECT_EQ(levels[0].use, 0.9);
    EXPECT_EQ(levels[0].source, "our protocol");
  }
  EXPECT_DOUBLE_EQ(criteria.of("Parotid_R", 4.0)[0].use, 0.75);
  EXPECT_EQ(criteria.file, "ours.toml");
  EXPECT_EQ(criteria.sha256.size(), 64u);
}

TEST(Criteria, MistakesAreNamedWithTheirLine) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "ours.toml";
  const auto refused = [&](const char* text, const char* word) {
    std::ofstream(file) << text;
    test::expect_refused(ErrorKind::usage, {"ours.toml:", word}, [&] { read_criteria(file); });
  };
  refused("[rule.leest_patients]\nvalue = 3\n", "least_patients");
  refused("[rule.end_mm]\nvalue = -1\n", "end_mm");
  refused("[[level]]\norgan = \"A\"\nfigure = \"dice\"\nuse = 0.5\n", "care");
  refused("[[level]]\norgan = \"A\"\nfigure = \"dice\"\nuse = 0.5\ncare = 0.6\n", "better");
  refused("[[level]]\norgan = \"A\"\nfigure = \"hd95_mm\"\nuse = 5\ncare = 4\n", "better");
  refused("[[level]]\norgan = \"A\"\nfigure = \"volume_ml\"\nuse = 5\ncare = 4\n", "volume_ml");
  refused("level = 3\n", "level");
}

}  // namespace
}  // namespace anatomynet::acceptance

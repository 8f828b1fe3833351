#include "acceptance/watch.h"

#include <random>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"

namespace anatomynet::acceptance {
namespace {

std::vector<Arrival> stream(int count, std::uint64_t seed, double hu_shift = 0) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Arrival> out;
  for (int i = 0; i < count; ++i) {
    Arrival a;
    a.name = std::to_string(100 + i);
    a.time = i;
    a.model = "m-1";
    for (const char* key :
         {"bone_hu", "noise_hu", "texture", "length_mm", "ml Parotid_L", "confidence Parotid_L"})
      a.figures[key] = 100 + 10 * normal(random);
    a.figures["soft_tissue_hu"] = 45 + 15 * normal(random) + hu_shift;
    a.figures["slice_mm"] = 2.5;
    a.scanner = {{"kernel", "B30f"}};
    out.push_back(std::move(a));
  }
  return out;
}

TEST(Watch, SaysThatNothingMoved) {
  const Watched watched = watch(stream(31, 1), stream(60, 2), {});
  EXPECT_TRUE(watched.moved.empty()) << line_of(watched);
  EXPECT_EQ(watched.charts.size(), 8u);
  EXPECT_EQ(line_of(watched), "nothing moved: 60 cases against 31, 8 charts");
}

TEST(Watch, FindsAShiftSinceItBeganAndTheCasesThatShowIt) {
  std::vector<Arrival> arrivals = stream(60, 2);
  for (Arrival& a : stream(20, 3, 50)) arrivals.push_back(a);
  const Watched watched = watch(stream(31, 1), arrivals, {});
  ASSERT_EQ(watched.moved.size(), 1u) << line_of(watched);
  const Movement& moved = watched.moved[0];
  EXPECT_EQ(moved.key, "soft_tissue_hu");
  EXPECT_NEAR(double(moved.since), 61, 12);
  EXPECT_NEAR(moved.now - moved.before, 50, 15);
  EXPECT_GE(moved.cases.size(), 18u);
  EXPECT_NE(line_of(watched).find("moved: soft tissue"), std::string::npos);
}

TEST(Watch, WhatMovedLongAgoAndIsBackIsNotSaidAnyMore) {
  std::vector<Arrival> arrivals = stream(20, 3, 50);
  for (Arrival& a : stream(60, 2)) arrivals.push_back(a);
  EXPECT_TRUE(watch(stream(31, 1), arrivals, {}).moved.empty());
}

TEST(Watch, AKernelThatWasNotCommissionedIsNamed) {
  std::vector<Arrival> arrivals = stream(40, 2);
  arrivals[38].scanner["kernel"] = "B70f";
  const Watched watched = watch(stream(31, 1), arrivals, {});
  ASSERT_EQ(watched.moved.size(), 1u);
  EXPECT_EQ(watched.moved[0].key, "scanner kernel");
  EXPECT_EQ(watched.moved[0].cases, std::vector<std::string>{"#39"});
}

TEST(Watch, FewCasesAreNoBaseline) {
  test::expect_refused(ErrorKind::input, {"14 cases", "15"}, [] { watch(stream(14, 1), stream(20, 2), {}); });
}

TEST(Watch, NamesThatMayTellAPatientAreNumbers) {
  EXPECT_EQ(public_name("case-007", 3), "case-007");
  EXPECT_EQ(public_name("patient-012_2", 3), "patient-012_2");
  EXPECT_EQ(public_name("job-17", 3), "job-17");
  for (const char* name :
       {"Doe_Jane", "case-Doe", "4711", "patient-123456789", "job-12345678", "case-001_Doe", ""})
    EXPECT_EQ(public_name(name, 3), "#3") << name;
}

TEST(Watch, TheRecordNamesNoFolder) {
  std::vector<Arrival> arrivals = stream(30, 2, 80);
  for (Arrival& a : arrivals) a.name = "Doe_Jane_1950";
  const std::string text = record_of(watch(stream(31, 1), arrivals, {})).dump();
  EXPECT_EQ(text.find("Doe"), std::string::npos);
  EXPECT_NE(text.find("soft_tissue_hu"), std::string::npos);
}

TEST(Arrivals, FoldersThatAreNoResultsAreLeftOutWithAWord) {
  const test::TemporaryFolder folder;
  const auto put = [&](const std::string& name, const std::string& summary) {
    test::write_bytes(folder / ("a/" + name + "/manifest.json"), "{}");
    test::write_bytes(folder / ("a/" + name + "/summary.json"), summary);
    test::write_bytes(folder / ("a/" + name + "/quality.json"),
                      R"({"soft_tissue_hu": 40, "score": 0.8, "flags": [{"code": "sides", "text": ""}],
                          "image": {"noise_hu": 9, "bone_hu": null},
                          "organs": [{"name": "Parotid_L", "flags": [], "ml": 20,
                                      "confidence": {"mean": 0.9, "boundary_low": 0.5}}]})");
  };
  put("good", R"({"model": {"id": "m-1"}, "grid": {"size_xyz": [10, 20, 30], "spacing_xyz_mm": [1, 1, 2.5],
                  "origin_lps_mm": [0, 0, 0], "direction": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
                  "scanner": {"kernel": "B30f"}})");
  put("broken", "{\"model\": ");
  put("other", "{}");
  std::vector<std::string> warnings;
  const std::vector<Arrival> found = find_arrivals(folder.path(), warnings);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(warnings.size(), 2u);
  const auto& f = found[0].figures;
  EXPECT_EQ(f.at("length_mm"), 75);
  EXPECT_EQ(f.at("noise_hu"), 9);
  EXPECT_EQ(f.count("bone_hu"), 0u);
  EXPECT_EQ(f.at("ml Parotid_L"), 20);
  EXPECT_EQ(f.at("flags"), 1);
  EXPECT_EQ(found[0].scanner.at("kernel"), "B30f");
}

}  // namespace
}  // namespace anatomynet::acceptance

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "quality/features.h"

namespace anatomynet::quality {
namespace {

TEST(Reference, TheShippedOneKnowsTheTrainedOrgansAndWhereItIsFrom) {
  const Reference& shipped = shipped_reference();
  EXPECT_NE(shipped.attribution.find("OpenKBP"), std::string::npos);
  for (const char* organ : {"Brainstem", "Bone_Mandible", "Parotid_L", "Parotid_R", "Glnd_Submand_L"}) {
    const OrganReference* known = reference_of(shipped, organ);
    ASSERT_NE(known, nullptr) << organ;
    EXPECT_GE(known->contours, 20) << organ;
    EXPECT_GT(known->ranges.at("volume").high, known->ranges.at("volume").low) << organ;
  }
  EXPECT_EQ(reference_of(shipped, "Parotid_R"), reference_of(shipped, "Parotid_L"));
  EXPECT_EQ(reference_of(shipped, "OpticChiasm"), nullptr) << "no contour of it was there to learn from";
}

TEST(Reference, SurvivesItsFile) {
  const std::string text = to_json(shipped_reference());
  EXPECT_EQ(to_json(reference_from_json(text, "copy")), text);
}

TEST(Reference, DamagedFilesAreRefused) {
  const std::string good = to_json(shipped_reference());
  const auto refused = [](const std::string& text) {
    test::expect_refused(ErrorKind::model, {"that.json"}, [&] { reference_from_json(text, "that.json"); });
  };
  refused("");
  refused("{}");
  refused(good.substr(0, good.size() / 2));
  std::string other = good;
  other.replace(other.find("reference 1"), 11, "reference 9");
  refused(other);
  std::string features = good;
  features.replace(features.find("\"log ml\""), 8, "\"log l\"");
  refused(features);
}

TEST(Reference, DeviationIsOneAtABound) {
  const Range range{10, 20, 50};
  EXPECT_DOUBLE_EQ(range.deviation(20), 0);
  EXPECT_DOUBLE_EQ(range.deviation(10), 1);
  EXPECT_DOUBLE_EQ(range.deviation(50), 1);
  EXPECT_DOUBLE_EQ(range.deviation(0), 2);
}

TEST(Surroundings, MirroringTwiceAndMovingBackGiveTheSame) {
  Grid grid;
  grid.size = {60, 60, 60};
  grid.spacing = {3, 3, 3};
  CtVolume ct(grid);
  for (std::int64_t i = 0; i < grid.voxel_count(); ++i)
    ct.voxels[i] = static_cast<std::int16_t>(i * 2654435761u % 700 - 250);
  const Surroundings here = surroundings_of(ct, {90, 90, 90});
  const Surroundings twice = mirrored(mirrored(here, {true, false, true}), {true, false, true});
  EXPECT_EQ(here.nodes, twice.nodes);
  EXPECT_NEAR(correlation(here, here), 1, 1e-9);
  const Surroundings next = surroundings_of(ct, {90 + Surroundings::spacing_mm, 90, 90});
  EXPECT_NEAR(correlation(here, next, {1, 0, 0}), 1, 1e-6) << "moved by one node it is the same CT";
  EXPECT_LT(correlation(here, next), 0.5);
}

}  // namespace
}  // namespace anatomynet::quality

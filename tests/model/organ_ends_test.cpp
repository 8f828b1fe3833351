#include "model/organ_ends.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "core/known_organs.h"

namespace anatomynet::model {
namespace {

OrganTable organs() {
  return {*find_organ(known_organs(), "Brainstem"), *find_organ(known_organs(), "Esophagus")};
}

std::vector<OrganEnds> sample() {
  return {{"Brainstem", 20, 0, "six scans"}, {"Esophagus", 21, 57.5, "eleven scans"}};
}

TEST(OrganEnds, ComeBackFromJson) {
  const auto back = organ_ends_from_json(organ_ends_to_json(sample()));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].organ, "Brainstem");
  EXPECT_EQ(back[0].upper_mm, 20);
  EXPECT_EQ(back[1].lower_mm, 57.5);
  EXPECT_EQ(back[1].source, "eleven scans");
}

TEST(OrganEnds, AreRefusedWhereTheyAreNone) {
  const auto refused = [](const std::string& part, auto spoil) {
    auto ends = sample();
    spoil(ends);
    test::expect_refused(ErrorKind::model, {"weights.safetensors", part},
                         [&] { check_organ_ends(ends, organs(), "weights.safetensors"); });
  };
  EXPECT_NO_THROW(check_organ_ends(sample(), organs(), ""));
  refused("that the weights do not have", [](auto& e) { e[0].organ = "Parotid_L"; });
  refused("that the weights do not have", [](auto& e) { e[0].organ = "../x"; });
  refused("twice", [](auto& e) { e[1].organ = e[0].organ; });
  refused("0 to 100 mm", [](auto& e) { e[0].upper_mm = -1; });
  refused("0 to 100 mm", [](auto& e) { e[1].lower_mm = 100.1; });
  refused("0 to 100 mm", [](auto& e) { e[1].lower_mm = std::numeric_limits<double>::quiet_NaN(); });
  refused("take nothing off", [](auto& e) { e[0].upper_mm = 0; });
}

}  // namespace
}  // namespace anatomynet::model

#include "model/hu_curves.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/refusal.h"
#include "core/known_organs.h"

namespace anatomynet::model {
namespace {

OrganTable organs() {
  OrganTable table;
  for (const char* name : {"Brainstem", "Bone_Mandible", "Parotid_L"})
    table.push_back(*find_organ(known_organs(), name));
  return table;
}

std::vector<OrganHuCurve> sample() {
  return {{"Bone_Mandible", {{-100, 200, 450}, {-1.5, 0, 2}}, "two scans"},
          {"Parotid_L", {{40}, {0.5}}, "one scan"}};
}

TEST(HuCurves, ComeBackFromJson) {
  const auto back = hu_curves_from_json(hu_curves_to_json(sample()));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].organ, "Bone_Mandible");
  EXPECT_EQ(back[0].curve.hu, sample()[0].curve.hu);
  EXPECT_EQ(back[0].curve.logits, sample()[0].curve.logits);
  EXPECT_EQ(back[1].source, "one scan");
}

TEST(HuCurves, BelongToTheChannelsOfTheirOrgans) {
  const auto of_channel = curves_of_channels(sample(), organs());
  ASSERT_EQ(of_channel.size(), 4u);  // background first
  EXPECT_TRUE(of_channel[0].hu.empty());
  EXPECT_TRUE(of_channel[1].hu.empty());
  EXPECT_EQ(of_channel[2].logits.back(), 2);
  EXPECT_EQ(of_channel[3].logits.back(), 0.5);
}

TEST(HuCurves, AreRefusedWhereTheyAreNone) {
  const auto refused = [](const std::string& part, auto spoil) {
    auto curves = sample();
    spoil(curves);
    test::expect_refused(ErrorKind::model, {"weights.safetensors", part},
                         [&] { check_hu_curves(curves, organs(), "weights.safetensors"); });
  };
  EXPECT_NO_THROW(check_hu_curves(sample(), organs(), ""));
  refused("that the weights do not have", [](auto& c) { c[0].organ = "Esophagus"; });
  refused("that the weights do not have", [](auto& c) { c[0].organ = "../x"; });
  refused("twice", [](auto& c) { c[1].organ = c[0].organ; });
  refused("as many logits as knots", [](auto& c) { c[0].curve.hu.pop_back(); });
  refused("as many logits as knots", [](auto& c) { c[0].curve = {}; });
  refused("as many logits as knots", [](auto& c) {
    c[0].curve = {};
    for (int i = 0; i < 65; ++i) {
      c[0].curve.hu.push_back(2 * i);
      c[0].curve.logits.push_back(0);
    }
  });
  refused("ascend", [](auto& c) { std::swap(c[0].curve.hu[0], c[0].curve.hu[1]); });
  refused("ascend", [](auto& c) { c[0].curve.hu[1] = c[0].curve.hu[0]; });
  refused("-1024 to 3071", [](auto& c) { c[0].curve.hu[2] = 1e9; });
  refused("-1024 to 3071", [](auto& c) { c[0].curve.hu[0] = std::numeric_limits<double>::quiet_NaN(); });
  refused("within -30 to 30", [](auto& c) { c[0].curve.logits[1] = -31; });
  refused("within -30 to 30",
          [](auto& c) { c[0].curve.logits[1] = std::numeric_limits<double>::quiet_NaN(); });
}

}  // namespace
}  // namespace anatomynet::model

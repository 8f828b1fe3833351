#include "core/organs.h"

#include <set>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "core/known_organs.h"
#include "core/organ_codes.h"

namespace anatomynet::core {
namespace {

TEST(Organs, SidesComeInPairs) {
  const OrganTable& table = known_organs();
  std::set<int> ids;
  for (const Organ& organ : table) {
    ids.insert(organ.id);
    const Organ* other = opposite_side(table, organ);
    if (organ.laterality == Laterality::none) {
      EXPECT_EQ(other, nullptr) << organ.name;
      continue;
    }
    ASSERT_NE(other, nullptr) << organ.name;
    EXPECT_EQ(opposite_side(table, *other), &organ);
    EXPECT_EQ(organ.name.substr(0, organ.name.size() - 1), other->name.substr(0, other->name.size() - 1));
    EXPECT_EQ(organ.name.back(), organ.laterality == Laterality::left ? 'L' : 'R');
  }
  EXPECT_EQ(ids.size(), table.size());
  EXPECT_NO_THROW(check_organs(table, "table"));
}

TEST(Organs, OppositeSideNeedsThePartnerInTheTable) {
  const OrganTable table{*find_organ(standard_organs(), "Parotid_L"),
                         *find_organ(standard_organs(), "OpticNrv_R")};
  EXPECT_EQ(opposite_side(table, table[0]), nullptr);
  EXPECT_EQ(opposite_side(table, table[1]), nullptr);
}

TEST(Organs, AreFoundUnderBothNames) {
  EXPECT_EQ(find_organ(standard_organs(), "Submandibular_R")->id, 9);
  EXPECT_EQ(find_organ(standard_organs(), "Glnd_Submand_R")->id, 9);
  EXPECT_EQ(find_organ(standard_organs(), "parotid"), nullptr);
  EXPECT_EQ(find_organ(standard_organs(), 10), nullptr);
}

TEST(Organs, RefusesTablesThatCannotLabelVoxels) {
  const auto refused = [](const std::string& part, const OrganTable& table) {
    test::expect_refused(ErrorKind::model, {"weights.safetensors", part},
                         [&] { check_organs(table, "weights.safetensors"); });
  };
  refused("empty", {});
  refused("256", {{.id = 256, .name = "a"}});
  refused("0", {{.id = 0, .name = "a"}});
  refused("-1", {{.id = -1, .name = "a"}});
  refused("no name", {{.id = 1, .name = ""}});
  refused("id 3 is listed twice", {{.id = 3, .name = "a"}, {.id = 4, .name = "b"}, {.id = 3, .name = "c"}});
  refused("name a is listed twice", {{.id = 3, .name = "a"}, {.id = 4, .name = "a"}});
  refused("Eye_L and eye_l", {{.id = 3, .name = "Eye_L"}, {.id = 4, .name = "eye_l"}});
  for (const char* name :
       {"../../../stolen", "/tmp/stolen", "a/b", "..", ".hidden", "-o", "a\nb", "a\\b", "a\xFF"})
    refused("organ 1", {{.id = 1, .name = name}});
  EXPECT_NO_THROW(check_organs({{.id = 1,
                                 .name = "R\xC3\xBC"
                                         "ckenmark"},
                                {.id = 2, .name = "Spinal Cord"}},
                               ""));
}

TEST(Organs, AreFoundByCodeAndSide) {
  for (const Organ& organ : standard_organs()) {
    if (organ.snomed_code.empty()) continue;
    const Organ* found = find_coded(standard_organs(), organ.snomed_code, side_code(organ.laterality).code);
    ASSERT_TRUE(found) << organ.name;
    EXPECT_EQ(found->name, organ.name);
    if (organ.laterality != Laterality::none) {
      EXPECT_EQ(find_coded(standard_organs(), organ.snomed_code, ""), nullptr) << organ.name;
    }
  }
  EXPECT_EQ(find_coded(standard_organs(), "", ""), nullptr);
}

TEST(Organs, NamesThatContradictCodesAreSaid) {
  const OrganTable& known = known_organs();
  const Organ& parotid = *find_organ(known, "Parotid_L");
  const std::string left = side_code(Laterality::left).code, right = side_code(Laterality::right).code;
  EXPECT_EQ(name_against_code(known, "Parotid_L", parotid.snomed_code, left), "");
  EXPECT_EQ(name_against_code(known, "Parotid_L", parotid.snomed_code, right),
            "named as Parotid_L but coded as Parotid_R; the name was taken");
  EXPECT_EQ(name_against_code(known, "Brainstem", parotid.snomed_code, right),
            "named as Brainstem but coded as Parotid_R; the name was taken");
  EXPECT_EQ(name_against_code(known, "Parotid_L", parotid.snomed_code, ""), "");  // the code tells no side
  EXPECT_EQ(name_against_code(known, "Parotid_L", "", left), "");
  EXPECT_EQ(name_against_code(known, "GTV", parotid.snomed_code, left), "");
  for (const Organ& organ : known)
    EXPECT_EQ(name_against_code(known, organ.name, organ.snomed_code, side_code(organ.laterality).code), "");
}

}  // namespace
}  // namespace anatomynet::core

#include "pipeline/derived_structures.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/temporary_folder.h"
#include "core/error.h"
#include "core/known_organs.h"

namespace {

using namespace anatomynet;
using namespace anatomynet::pipeline;
using namespace anatomynet::templates;
using testing::ElementsAre;
using testing::HasSubstr;

class DerivedStructures : public testing::Test {
 protected:
  StructureTemplate read(const std::string& text) {
    std::ofstream(folder_.path() / "t.toml") << text;
    return {(folder_.path() / "t.toml").string(), messages_};
  }

  // Two organs side by side: 1 (Brainstem) where x < 3, 3 (Bone_Mandible) where x > 5.
  static LabelVolume labels() {
    LabelVolume out(Grid{{9, 5, 5}, {1, 1, 2}, {0, 0, 0}, {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}});
    for (std::int64_t z = 0; z < 5; ++z)
      for (std::int64_t y = 0; y < 5; ++y)
        for (std::int64_t x = 0; x < 9; ++x) out.at(x, y, z) = x < 3 ? 1 : x > 5 ? 3 : 0;
    return out;
  }

  DerivedMasks derived(const StructureTemplate& wanted, const OrganTable& organs = standard_organs()) {
    const LabelVolume map = labels();
    io::CtImage ct;
    ct.volume = CtVolume(map.grid, -1000);
    return derive(wanted, ct, map, organs);
  }

  // The x of a mask's voxels in the middle row.
  static std::string row(const DerivedMasks& all, const std::string& name) {
    const DerivedMask* one = all.find(name);
    if (!one) return "none";
    const LabelVolume mask = whole(one->mask);
    std::string out;
    for (std::int64_t x = 0; x < 9; ++x) out += mask.at(x, 2, 2) ? '1' : '.';
    return out;
  }

  test::TemporaryFolder folder_;
  Messages messages_;
};

TEST_F(DerivedStructures, AreMadeOfOrgansAndOfEachOther) {
  const auto all = derived(read(R"TOML([derived]
B = "A - 1 mm"
A = "Brainstem + 2 mm"
Both = "Brainstem | Bone_Mandible"
Common = "A & (Bone_Mandible + 2 mm)"
Rest = "Both - A"
Ring = "ring(Brainstem, 1 mm, 3 mm)"
Left = "Brainstem + [left 3] mm"
Right = "Bone_Mandible + [right 1] mm"
Air = "Body"
)TOML"));
  EXPECT_EQ(row(all, "A"), "11111....");
  EXPECT_EQ(row(all, "B"), "1111.....");
  EXPECT_EQ(row(all, "Both"), "111...111");
  EXPECT_EQ(row(all, "Common"), "....1....");
  EXPECT_EQ(row(all, "Rest"), "......111");
  EXPECT_EQ(row(all, "Ring"), "....11...");
  EXPECT_EQ(row(all, "Left"), "111111...");
  EXPECT_EQ(row(all, "Right"), ".....1111");
  EXPECT_EQ(row(all, "Air"), ".........");
}

TEST_F(DerivedStructures, WithoutAPartAreLeftOutAndSo) {
  const auto all =
      derived(read("[derived]\nA = \"SpinalCord + 1 mm\"\nB = \"A | Brainstem\"\nC = \"Brainstem\"\n"));
  EXPECT_EQ(row(all, "A"), "none");
  EXPECT_EQ(row(all, "B"), "none");
  EXPECT_EQ(row(all, "C"), "111......");
  EXPECT_THAT(all.warnings, ElementsAre(HasSubstr("A: left out, since there is no SpinalCord"),
                                        HasSubstr("B: left out, since there is no A")));
}

TEST_F(DerivedStructures, SayWhichPartIsEmptyAndWhichMarginChangesNothing) {
  const auto all = derived(read("[derived]\nA = \"Brainstem - Parotid_L\"\nB = \"Brainstem + 1 mm\"\n"));
  EXPECT_EQ(row(all, "A"), "111......");
  EXPECT_THAT(all.warnings,
              ElementsAre(HasSubstr("A: Parotid_L has no voxel here and counts as empty"),
                          HasSubstr("B: a margin of 1 mm changes nothing towards head and feet")));
  EXPECT_THAT(derived(read("margins = \"surfaces\"\n[derived]\nB = \"Brainstem + 1 mm\"\n")).warnings,
              testing::IsEmpty());
}

TEST_F(DerivedStructures, TemplatesOrderNameAndLeaveOut) {
  const auto wanted = read(R"TOML(order = ["PRV", "Parotid_R"]
others = false
[organs]
Parotid_R = {}
PAROTID_L_X = { write = true }
Brainstem = { name = "Hirnstamm", type = "AVOIDANCE", empty = "drop", colour = [1, 2, 3] }
[derived]
Second = { is = "Brainstem", write = false }
PRV = { is = "Brainstem + 3 mm", name = "PRV 3", type = "CONTROL" }
)TOML");
  std::vector<std::string> names;
  for (const TemplateRoi& roi : wanted.rois(standard_organs()))
    names.push_back(roi.organ.name + " " + roi.type);
  EXPECT_THAT(names, ElementsAre("PRV 3 CONTROL", "Parotid_R ORGAN", "Hirnstamm AVOIDANCE"));
  const auto rois = wanted.rois(standard_organs());
  EXPECT_TRUE(rois[0].keep_empty);
  EXPECT_FALSE(rois[2].keep_empty);
  EXPECT_EQ(rois[2].organ.colour, (std::array<std::uint8_t, 3>{1, 2, 3}));
  EXPECT_EQ(rois[0].description, "Brainstem + 3 mm");
  EXPECT_EQ(rois[0].organ.id, StructureTemplate::first_derived_id + 1);
  EXPECT_THROW(wanted.check(standard_organs()), Error);  // PAROTID_L_X
}

TEST_F(DerivedStructures, WithoutATemplateAllOrgansAreWritten) {
  const StructureTemplate none;
  EXPECT_EQ(none.rois(standard_organs()).size(), standard_organs().size());
  EXPECT_TRUE(none.rois({}).empty());
}

}  // namespace

#include "curation/roi_names.h"

#include <fstream>

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "common/temporary_folder.h"
#include "core/known_organs.h"

namespace anatomynet::curation {
namespace {

using Table = std::vector<std::pair<std::string, std::vector<std::string>>>;

// What the name is said to be: a TG-263 name, "side?" + the left organ, or "none".
std::string reading(const RoiNames& names, const std::string& name) {
  const NamedOrgan found = names(name);
  switch (found.verdict) {
    case NamedOrgan::Verdict::organ:
      return find_organ(names.organs(), found.organ_id)->name;
    case NamedOrgan::Verdict::side_unknown:
      return "side? " + find_organ(names.organs(), found.organ_id)->name;
    default:
      return "none";
  }
}

void check(const Table& table, std::size_t at_least) {
  const RoiNames names = RoiNames::shipped();
  std::size_t count = 0;
  for (const auto& [expected, spellings] : table)
    for (const std::string& name : spellings) {
      EXPECT_EQ(reading(names, name), expected) << '"' << name << '"';
      EXPECT_FALSE(names(name).reason.empty()) << '"' << name << '"';
      ++count;
    }
  EXPECT_GE(count, at_least);
}

TEST(RoiNames, ReadsNamesFromTheField) {
  check(
      {{"Brainstem",
        {"Brain_Stem",
         "Brainstem",
         "Brain Stem",
         "BRAIN_STEM",
         "tronc",
         "Tronc_Cerebral",
         "TR CEREBRAL",
         "BrainStem",
         "brain-stem",
         "tronc c\xC3\xA9r\xC3\xA9"
         "bral",
         "BS",
         "brstem",
         "BRSTEM",
         "Brain  stem",
         "TRONC CEREBRAL",
         "Hirnstamm",
         "Truncus cerebri",
         "tronco encef\xC3\xA1lico",
         "Hersenstam",
         "brain.stem",
         "BrnStm",
         "BRAINSTM",
         "brainstem1"}},
       {"OpticChiasm",
        {"Chiasm", "Chiasma", "OpticChiasm", "Optical Chiasm", "CHIASMA", "optic_chiasm", "Chiasma optique",
         "Optic Chiasm", "chiasma opticum", "OPTIC CHIASMA", "CHIASM", "Quiasma", "optic-chiasm",
         "chiasma_optique"}},
       {"Bone_Mandible",
        {"Mandible", "Mandibule", "Mandibula", "MANDIBLE", "Bone_Mandible", "mandible", "Unterkiefer",
         "Lower Jaw", "mandibola", "Mand", "Onderkaak",
         "mand\xC3\xAD"
         "bula"}},
       {"OpticNrv_L",
        {"OpticNerve(L)",
         "Optic Nerve Lt",
         "lt optic nerve",
         "Nerf Optique G",
         "Optical Nerve L",
         "OpticNerve_L",
         "OpticNrv_L",
         "ON_L",
         "L ON",
         "nerf optique gauche",
         "Left Optic Nerve",
         "Optic_Nerve_Left",
         "Opt Nerve L",
         "OPTIC_NRV_L",
         "LON",
         "LtOpticNerve",
         "N. opticus links",
         "Nervus opticus sinister",
         "Optic N. Left",
         "Sehnerv links",
         "L Optic Nerve",
         "L_optic_nerve",
         "NERF OPT G",
         "nervio optico izq",
         "OpticNerveL",
         "L.Optic.Nerve"}},
       {"OpticNrv_R",
        {"OpticNerve(R)", "Nerf Optique D", "rt optic nerve", "nerf optique droit", "OpticNrv_R", "ON R",
         "RON", "Optic Nerve Rt", "Optical Nerve R", "Right Optic Nerve", "R_OPTIC_NERVE",
         "N. opticus rechts", "OPTIC NERVE R", "RtOpticNerve", "nerf_optique_droite"}},
       {"Parotid_L", {"Parotid(L)",         "Parotid_(L)",
                      "Lt Parotid",         "l parotid",
                      "parotid_l",          "leftparotid",
                      "Parotide G",         "ParotidL",
                      "LParotid",           "Parotid-LT",
                      "Left Parotid Gland", "PAROTIDE GAUCHE",
                      "parotid left",       "Parotis links",
                      "Parotis li",         "Glandula parotis sin.",
                      "Glnd_Parotid_L",     "PAROTID LEFT",
                      "L. Parotid",         "Parotid, Left",
                      "LT PAROTID",         "Parotid Lt",
                      "LeftParotid",        "Par\xC3\xB3tida izquierda",
                      "Parotide sx",        "parot L",
                      "PAROTID_LT",         "Parotid Gland (Left)",
                      "parotide_g",         "glande parotide gauche",
                      "paratoid L",         "Partoid_L",
                      "Parotide gauche"}},
       {"Parotid_R",
        {"Parotid(R)",      "Rt Parotid",   "rightparotid",   "Parotide D",  "ParotidR",
         "parotide droite", "Parotide_Dr",  "RightParotid",   "R PAROTID",   "Parotid_(R)",
         "r parotid",       "parotid_r",    "Parotis rechts", "Parotis re",  "Glandula parotis dextra",
         "Parotid Rt",      "PAROTIDE DTE", "Parotid, right", "Parotide dx", "PAROTID RIGHT"}},
       {"Glnd_Submand_L",
        {"SMG_L",
         "lt smg",
         "L submand",
         "submandib L",
         "sub mandibular L",
         "Submandibular_L",
         "Sous-max G",
         "submandibular galnd L",
         "Lt sumandibular gland",
         "Glnd_Submand_L",
         "SMGL",
         "sous-maxillaire gauche",
         "Submandibular Gland Left",
         "Left Submandibular",
         "L SMG",
         "Submandibular Lt",
         "Submand_L",
         "LSMG",
         "glande sous-max G",
         "Gl. submandibularis links",
         "SubmandibularL",
         "leftsubmandibular",
         "Submandibulaire gauche"}},
       {"Glnd_Submand_R",
        {"SMG_R", "rt smg", "Submandibular_R", "Sous-max D", "Glnd_Submand_R", "RSMG", "Rt Submandibular",
         "submandibular galnd R", "sumandibular gland right", "sous-max droite", "Right Submandibular Gland",
         "SUBMANDIBULAR(R)", "submand R", "R submandib", "SMG RT", "glandula submandibularis dextra"}},
       {"side? Parotid_L", {"parotid", "Parotide", "PAROTIS", "parotid gland"}},
       {"side? OpticNrv_L", {"Optic Nerve", "nerf optique", "OpticNerve"}},
       {"side? Glnd_Submand_L",
        {"submand", "submandib", "SMG", "submandibular galnd", "sumandibular gland", "Sous-max"}}},
      180);
}

TEST(RoiNames, LeavesOutWhatIsNotTheOrgan) {
  check({{"none",
          {"Brain_Stem_PV",
           "tronc pv",
           "Parotid(L)_-_PTV",
           "Parotid(R)_-_CTV",
           "Brainstem PRV",
           "PRVBrainstem",
           "Brainstem+3mm",
           "Brainstem + 3",
           "Brainstem+",
           "parotid_l_opt",
           "opt parotid L",
           "Opt_Chiasm",
           "Parotid_L_Opt",
           "both parotids",
           "Parotids",
           "parotides",
           "ring parotid",
           "Parotid_L_ring",
           "Parotid L+R",
           "Parotid L/R",
           "GTV",
           "parotid L superficial lobe",
           "Parotid_L_deep",
           "Mandible avoid",
           "Parotid_L~",
           "PTV70",
           "brainstemprv",
           "BrainStem_PRV03",
           "OpticNrv_L_PRV",
           "OpticNrv_PRV03_L",
           "Chiasm_PRV3",
           "Brainstem_exp",
           "Mandible expansion",
           "Brainstem margin",
           "Parotid_R minus PTV",
           "parotide G - PTV",
           "Parotid_L-PTV",
           "LParotid-CTV",
           "PAROTID L SUB PTV",
           "Parotide G moins PTV",
           "Tronc marge 3mm",
           "zParotid_L",
           "Parotid_L_old",
           "Parotid_L_dose",
           "SMG_L_in_PTV",
           "Mandible-PTV",
           "MandibleMinusPTV",
           "optParotidL",
           "ITV parotid",
           "CTV_SMG_L",
           "Parotid_L_out",
           "parotid lt sparing",
           "OpticNerves",
           "Submandibulars",
           "Glnd_Submands",
           "bilateral SMG",
           "ipsi parotid",
           "contralateral parotid",
           "Parotid L node",
           "tronc + 5 mm",
           "tronc_PRV",
           "PRV tronc",
           "PRV Chiasma",
           "Left Mandible PTV"}},
         {"none",
          {"Spinal Cord",
           "SpinalCord",
           "Parotid 4",
           "Brain",
           "Larynx",
           "on",
           "optic",
           "Mandible L",
           "",
           "Eye_L",
           "L",
           "stem",
           "Cochlea_L",
           "Oral Cavity 1",
           "Lens R",
           "GTX",
           "body",
           "External",
           "NOD",
           "NO",
           "Nor",
           "Leon",
           "Don",
           "Parotid_L2",
           "brainstem2",
           "Parotid 1",
           "PTV1",
           "1",
           "Sublingual_L",
           "Glnd_Subling_L",
           "Lacrimal_L",
           "Glnd_Lacrimal_L",
           "OpticTract_L",
           "Moelle",
           "Chiasm_L",
           "Brainstem L",
           "Canal medullaire",
           "oeil G",
           "TMJ_L",
           "Temporal Lobe L",
           "Optic",
           "Pituitary",
           "Parotid?",
           "L R",
           "left",
           "Gland L",
           "Submental",
           "Maxilla",
           "\xE8\x85\xAE\xE8\x85\xBA",
           "\xE5\xB7\xA6 Parotid",
           "Brain stem mass",
           "xParotid_L",
           "Mandibular_canal",
           "Nerve_L",
           "BrainstemX",
           "Tronc pulmonaire",
           "Trunk",
           "Bowel"}}},
        100);
}

TEST(RoiNames, SaysWhichWordMakesADecoy) {
  const RoiNames names = RoiNames::shipped();
  for (const auto& [name, word] :
       std::vector<std::pair<std::string, std::string>>{{"Brain_Stem_PV", "pv"},
                                                        {"Parotid(L)_-_PTV", "ptv"},
                                                        {"Parotid_L+R", "+"},
                                                        {"Parotid_L_ring", "ring"}}) {
    EXPECT_EQ(names(name).verdict, NamedOrgan::Verdict::decoy) << name;
    EXPECT_EQ(names(name).reason, "decoy: " + word) << name;
  }
  EXPECT_EQ(names("Larynx").verdict, NamedOrgan::Verdict::unknown);
}

// Whatever a side does to a name, its mirror image must do to the other organ.
TEST(RoiNames, LeftAndRightAreMirrorImages) {
  const RoiNames names = RoiNames::shipped();
  const std::vector<std::pair<std::string, std::string>> sides{
      {"L", "R"}, {"Lt", "Rt"},        {"left", "right"}, {"gauche", "droite"},
      {"G", "D"}, {"links", "rechts"}, {"sin", "dex"}};
  for (const std::string stem :
       {"parotid", "Optic_Nerve", "smg", "nerf optique", "submandibular", "parotide"})
    for (const auto& [left, right] : sides)
      for (const bool before : {true, false})
        for (const std::string gap : {" ", "_", "-", ""}) {
          const auto named = [&](const std::string& side) {
            return before ? side + gap + stem : stem + gap + side;
          };
          const NamedOrgan a = names(named(left)), b = names(named(right));
          ASSERT_EQ(a.verdict, b.verdict) << named(left);
          if (a.verdict != NamedOrgan::Verdict::organ) continue;
          const Organ* organ = find_organ(names.organs(), a.organ_id);
          EXPECT_EQ(organ->laterality, Laterality::left) << named(left);
          EXPECT_EQ(opposite_side(names.organs(), *organ)->id, b.organ_id) << named(left);
        }
}

TEST(RoiNames, TakesTheUsersRulesFirst) {
  const test::TemporaryFolder folder;
  const auto file = folder / "mine.toml";
  std::ofstream(file)
      << "[decoy]\nwords = [\"draft\"]\n[[organ]]\norgan = \"SpinalCord\"\nnames = [\"cord\", \"moelle\"]\n"
         "[[organ]]\nleft = \"Parotid_L\"\nright = \"Parotid_R\"\nnames = [\"OHR\"]\n";
  RoiNames names = RoiNames::shipped();
  names.add(file);
  EXPECT_EQ(reading(names, "Moelle"), "SpinalCord");
  EXPECT_EQ(find_organ(names.organs(), "SpinalCord")->snomed_code, "2748008");
  EXPECT_EQ(reading(names, "ohr re"), "Parotid_R");
  EXPECT_EQ(reading(names, "Brainstem"), "Brainstem");
  EXPECT_EQ(names("ohr draft").verdict, NamedOrgan::Verdict::decoy);
  for (const Organ& organ : standard_organs()) EXPECT_EQ(*find_organ(names.organs(), organ.id), organ);
}

TEST(RoiNames, RefusesDamagedRules) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& text, const std::string& part) {
    std::ofstream(folder / "bad.toml") << text;
    RoiNames names = RoiNames::shipped();
    test::expect_refused(ErrorKind::usage, {"bad.toml", part}, [&] { names.add(folder / "bad.toml"); });
  };
  refused("[[organ]\n", ":1");
  refused("[[organ]]\nleft = \"A\"\nnames = [\"a\"]\n", "right");
  refused("[[organ]]\norgan = \"A\"\nnames = [1]\n", "names");
  refused("[sides]\nleft = \"l\"\n", "sides.left");
  RoiNames names = RoiNames::shipped();
  test::expect_refused(ErrorKind::usage, {"absent.toml"}, [&] { names.add(folder / "absent.toml"); });
}

TEST(RoiNames, MoreOrgansHaveTheirKnownIdsAndNoSpellingOfTheNine) {
  const RoiNames nine = RoiNames::shipped(), more = RoiNames::shipped_with_more();
  for (const Organ& organ : known_organs()) {
    const NamedOrgan named = more(organ.name);
    EXPECT_EQ(named.verdict, NamedOrgan::Verdict::organ) << organ.name;
    EXPECT_EQ(named.organ_id, organ.id) << organ.name;
  }
  EXPECT_EQ(more("Moelle epiniere").organ_id, 10);
  EXPECT_EQ(more("Eye_Lt").organ_id, 13);
  EXPECT_EQ(more("Auge re").organ_id, 14);
  EXPECT_EQ(more("Larynx_PRV").verdict, NamedOrgan::Verdict::decoy);
  EXPECT_EQ(more("SpinalCord_05").verdict, NamedOrgan::Verdict::unknown);
  for (const char* name : {"brain stem", "tronc cerebral", "parotis li", "chiasma"})
    EXPECT_EQ(more(name).organ_id, nine(name).organ_id) << name;
}

}  // namespace
}  // namespace anatomynet::curation

#include "curation/roi_names.h"

#include <gtest/gtest.h>

namespace anatomynet {
namespace {

// What the name is said to be: a TG-263 name, "side?" + the left organ, "decoy" or "unknown".
std::string reading(const RoiNames& names, const std::string& name) {
  const NamedOrgan found = names(name);
  switch (found.verdict) {
    case NamedOrgan::Verdict::organ:
      return find_organ(names.organs(), found.organ_id)->name;
    case NamedOrgan::Verdict::side_unknown:
      return "side? " + find_organ(names.organs(), found.organ_id)->name;
    case NamedOrgan::Verdict::decoy:
      return "decoy";
    default:
      return "unknown";
  }
}

TEST(RoiNames, ReadsNamesFromTheField) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> table{
      {"Brainstem",
       {"Brain_Stem", "Brainstem", "Brain Stem", "BRAIN_STEM", "tronc", "Tronc_Cerebral", "TR CEREBRAL",
        "BrainStem", "brain-stem", "tronc cérébral", "BS"}},
      {"OpticChiasm",
       {"Chiasm", "Chiasma", "OpticChiasm", "Optical Chiasm", "CHIASMA", "optic_chiasm", "Chiasma optique"}},
      {"Bone_Mandible", {"Mandible", "Mandibule", "Mandibula", "MANDIBLE", "Bone_Mandible"}},
      {"OpticNrv_L",
       {"OpticNerve(L)", "Optic Nerve Lt", "lt optic nerve", "Nerf Optique G", "Optical Nerve L",
        "OpticNerve_L", "OpticNrv_L", "ON_L", "L ON", "nerf optique gauche", "Left Optic Nerve",
        "Optic_Nerve_Left"}},
      {"OpticNrv_R",
       {"OpticNerve(R)", "Nerf Optique D", "rt optic nerve", "nerf optique droit", "OpticNrv_R"}},
      {"Parotid_L",
       {"Parotid(L)", "Parotid_(L)", "Lt Parotid", "l parotid", "parotid_l", "leftparotid", "Parotide G",
        "ParotidL", "LParotid", "Parotid-LT", "Left Parotid Gland", "PAROTIDE GAUCHE", "parotid left"}},
      {"Parotid_R",
       {"Parotid(R)", "Rt Parotid", "rightparotid", "Parotide D", "ParotidR", "parotide droite",
        "Parotide_Dr"}},
      {"Glnd_Submand_L",
       {"SMG_L", "lt smg", "L submand", "submandib L", "sub mandibular L", "Submandibular_L", "Sous-max G",
        "submandibular galnd L", "Lt sumandibular gland", "Glnd_Submand_L", "SMGL",
        "sous-maxillaire gauche"}},
      {"Glnd_Submand_R", {"SMG_R", "rt smg", "Submandibular_R", "Sous-max D", "Glnd_Submand_R", "RSMG"}},
      {"side? Parotid_L", {"parotid", "Parotide"}},
      {"side? OpticNrv_L", {"Optic Nerve"}},
      {"side? Glnd_Submand_L", {"submand", "submandib", "SMG"}},
      {"decoy",
       {"Brain_Stem_PV", "tronc pv", "Parotid(L)_-_PTV", "Parotid(R)_-_CTV", "Brainstem PRV", "PRVBrainstem",
        "Brainstem+3mm", "parotid_l_opt", "both parotids", "Parotids", "ring parotid", "Parotid L+R", "GTV",
        "parotid L superficial lobe", "Mandible avoid", "Parotid_L~", "PTV70", "brainstemprv"}},
      {"unknown",
       {"Spinal Cord", "Parotid 4", "Brain", "Larynx", "on", "optic", "Mandible L", "", "Eye_L", "L", "stem",
        "Cochlea_L", "Oral Cavity 1", "Lens R", "GTX", "body", "External"}}};
  const RoiNames names = RoiNames::shipped();
  for (const auto& [expected, spellings] : table)
    for (const std::string& name : spellings) {
      const std::string read = reading(names, name);
      // A decoy and an unknown name are both left out; which of the two is a matter of the report.
      if (expected == "unknown" && read == "decoy") continue;
      EXPECT_EQ(read, expected) << '"' << name << '"';
    }
}

}  // namespace
}  // namespace anatomynet

#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/names.h"

namespace anatomynet::core {

enum class Laterality { none, left, right };

/// An organ at risk, with the names and codes under which others know it.
struct Organ {
  int id = 0;                  ///< voxel value in label maps, 1..255
  std::string name;            ///< TG-263 primary name, such as "Glnd_Submand_L"
  std::string pddca;           ///< file name stem in PDDCA / MICCAI 2015; empty where it has none
  std::string snomed_code;     ///< SNOMED CT (SCT) concept; empty where unknown
  std::string snomed_meaning;  ///< code meaning, such as "Submandibular gland"
  Laterality laterality = Laterality::none;           ///< the patient's side
  std::array<std::uint8_t, 3> colour{255, 255, 255};  ///< RGB, also ROI Display Color

  bool operator==(const Organ&) const = default;
};

using OrganTable = std::vector<Organ>;

/// The nine organs of AnatomyNet (ids 1 to 9). Models carry their own list; this one serves phantoms,
/// conversion of public data and default names.
const OrganTable& standard_organs();

const Organ* find_organ(const OrganTable& table, int id);
const Organ* find_organ(const OrganTable& table, const std::string& name);  ///< by TG-263 or PDDCA name

/// The same organ of the other side in the table ("Parotid_L" to "Parotid_R"), or nullptr: found by SNOMED
/// code.
const Organ* opposite_side(const OrganTable& table, const Organ& organ);

/// Throws Error(`model`) unless ids are unique and in 1..255 and names differ and can be those of files.
void check_organs(const OrganTable& table, const std::string& what);

}  // namespace anatomynet::core

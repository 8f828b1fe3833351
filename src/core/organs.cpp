#include "core/organs.h"

#include <algorithm>

#include "core/error.h"
#include "core/file_name.h"

namespace anatomynet::core {

const OrganTable& standard_organs() {
  using enum Laterality;
  static const OrganTable table = {
      {1, "Brainstem", "BrainStem", "119238007", "Brainstem", none, {0, 255, 255}},
      {2, "OpticChiasm", "Chiasm", "244453006", "Optic chiasm", none, {255, 128, 255}},
      {3, "Bone_Mandible", "Mandible", "91609006", "Mandible", none, {255, 220, 60}},
      {4, "OpticNrv_L", "OpticNerve_L", "18234004", "Optic nerve", left, {0, 200, 90}},
      {5, "OpticNrv_R", "OpticNerve_R", "18234004", "Optic nerve", right, {150, 255, 100}},
      {6, "Parotid_L", "Parotid_L", "45289007", "Parotid gland", left, {80, 120, 255}},
      {7, "Parotid_R", "Parotid_R", "45289007", "Parotid gland", right, {255, 80, 80}},
      {8, "Glnd_Submand_L", "Submandibular_L", "54019009", "Submandibular gland", left, {180, 90, 255}},
      {9, "Glnd_Submand_R", "Submandibular_R", "54019009", "Submandibular gland", right, {255, 150, 30}},
  };
  return table;
}

const Organ* find_organ(const OrganTable& table, int id) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const Organ& o) { return o.id == id; });
  return it == table.end() ? nullptr : &*it;
}

const Organ* find_organ(const OrganTable& table, const std::string& name) {
  const auto it = std::find_if(table.begin(), table.end(),
                               [&](const Organ& o) { return o.name == name || o.pddca == name; });
  return it == table.end() ? nullptr : &*it;
}

const Organ* opposite_side(const OrganTable& table, const Organ& organ) {
  if (organ.laterality == Laterality::none || organ.snomed_code.empty()) return nullptr;
  const auto it = std::find_if(table.begin(), table.end(), [&](const Organ& o) {
    return o.snomed_code == organ.snomed_code && o.laterality != Laterality::none &&
           o.laterality != organ.laterality;
  });
  return it == table.end() ? nullptr : &*it;
}

namespace {

// As a file system without case tells names apart; of other letters the case counts.
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

}  // namespace

void check_organs(const OrganTable& table, const std::string& what) {
  const auto fail = [&](const std::string& why) { throw Error(ErrorKind::model, what + ": " + why); };
  if (table.empty()) fail("the organ list is empty");
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].id < 1 || table[i].id > 255)
      fail("organ id " + std::to_string(table[i].id) + " is not in 1..255");
    if (table[i].name.empty()) fail("organ " + std::to_string(table[i].id) + " has no name");
    // Masks, pictures and meshes are called by it.
    if (const std::string wrong = wrong_with_file_name(table[i].name); !wrong.empty())
      fail("the name of organ " + std::to_string(table[i].id) + ", '" + table[i].name + "', " + wrong +
           "; expected one that a file can have, such as Parotid_L");
    for (std::size_t j = 0; j < i; ++j) {
      if (table[i].id == table[j].id) fail("organ id " + std::to_string(table[i].id) + " is listed twice");
      if (table[i].name == table[j].name) fail("organ name " + table[i].name + " is listed twice");
      if (lower(table[i].name) == lower(table[j].name))
        fail("organ names " + table[j].name + " and " + table[i].name + " differ in case alone");
    }
  }
}

}  // namespace anatomynet::core

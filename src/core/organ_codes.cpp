#include "core/organ_codes.h"

#include <algorithm>

namespace anatomynet::core {

SideCode side_code(Laterality side) {
  if (side == Laterality::left) return {"7771000", "Left"};
  if (side == Laterality::right) return {"24028007", "Right"};
  return {};
}

const Organ* find_coded(const OrganTable& organs, const std::string& code, const std::string& side) {
  const auto it = std::find_if(organs.begin(), organs.end(), [&](const Organ& organ) {
    return !code.empty() && organ.snomed_code == code &&
           (organ.laterality == Laterality::none || side == side_code(organ.laterality).code);
  });
  return it == organs.end() ? nullptr : &*it;
}

}  // namespace anatomynet::core

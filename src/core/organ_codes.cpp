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

std::string name_against_code(const OrganTable& organs, const std::string& named, const std::string& code,
                              const std::string& side) {
  const Organ *called = find_organ(organs, named), *coded = find_coded(organs, code, side);
  if (!called || !coded || called == coded) return {};
  if (called->snomed_code == code && called->laterality == coded->laterality)
    return {};  // two organs of a code
  return "named as " + called->name + " but coded as " + coded->name + "; the name was taken";
}

}  // namespace anatomynet::core

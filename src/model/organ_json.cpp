#include "model/organ_json.h"

#include <nlohmann/json.hpp>

namespace anatomynet::model {
namespace {

const char* text_of(Laterality side) {
  return side == Laterality::left ? "left" : side == Laterality::right ? "right" : "none";
}

Laterality laterality_of(const std::string& text) {
  if (text == "left") return Laterality::left;
  if (text == "right") return Laterality::right;
  return Laterality::none;
}

}  // namespace

nlohmann::json organs_to_json(const OrganTable& organs) {
  nlohmann::json list = nlohmann::json::array();
  for (const Organ& o : organs) {
    list.push_back({{"id", o.id},
                    {"name", o.name},
                    {"pddca", o.pddca},
                    {"snomed_code", o.snomed_code},
                    {"snomed_meaning", o.snomed_meaning},
                    {"laterality", text_of(o.laterality)},
                    {"colour", o.colour}});
  }
  return list;
}

OrganTable organs_from_json(const nlohmann::json& list) {
  OrganTable organs;
  for (const auto& o : list) {
    Organ organ;
    organ.id = o.at("id").get<int>();
    organ.name = o.at("name").get<std::string>();
    organ.pddca = o.value("pddca", "");
    organ.snomed_code = o.value("snomed_code", "");
    organ.snomed_meaning = o.value("snomed_meaning", "");
    organ.laterality = laterality_of(o.value("laterality", "none"));
    organ.colour = o.at("colour").get<std::array<std::uint8_t, 3>>();
    organs.push_back(organ);
  }
  return organs;
}

}  // namespace anatomynet::model

#include "model/organ_ends.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace anatomynet::model {

using nlohmann::json;

json organ_ends_to_json(const std::vector<OrganEnds>& ends) {
  json list = json::array();
  for (const OrganEnds& e : ends)
    list.push_back(
        {{"organ", e.organ}, {"upper_mm", e.upper_mm}, {"lower_mm", e.lower_mm}, {"source", e.source}});
  return list;
}

std::vector<OrganEnds> organ_ends_from_json(const json& list) {
  std::vector<OrganEnds> ends;
  for (const json& j : list)
    ends.push_back({j.at("organ").get<std::string>(), j.at("upper_mm").get<double>(),
                    j.at("lower_mm").get<double>(), j.at("source").get<std::string>()});
  return ends;
}

void check_organ_ends(const std::vector<OrganEnds>& ends, const OrganTable& organs, const std::string& what) {
  for (const OrganEnds& e : ends) {
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::model,
                  what + ": the ends of '" + clean_text(e.organ, longest_value) + "' " + why);
    };
    const Organ* organ = find_organ(organs, e.organ);
    if (!organ || organ->name != e.organ) fail("are of an organ that the weights do not have");
    if (std::count_if(ends.begin(), ends.end(), [&](const OrganEnds& o) { return o.organ == e.organ; }) > 1)
      fail("are there twice");
    for (const double mm : {e.upper_mm, e.lower_mm})
      if (!(mm >= 0 && mm <= most_end_mm)) fail("are not within 0 to 100 mm");
    if (!(e.upper_mm > 0 || e.lower_mm > 0)) fail("take nothing off");
  }
}

}  // namespace anatomynet::model

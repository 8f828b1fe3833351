#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/organs.h"

namespace anatomynet::model {

/// Where a clinic ends an organ that the network draws on: mm along the axis nearest to the patient's S that
/// are taken off its upper and lower end, after post-processing (pipeline/cut_ends.h).
struct OrganEnds {
  std::string organ;  ///< TG-263 name
  double upper_mm = 0, lower_mm = 0;
  std::string source;  ///< which scans and contours it is made from
};

/// The most that can be taken off an end.
inline constexpr double most_end_mm = 100;

nlohmann::json organ_ends_to_json(const std::vector<OrganEnds>& ends);
/// Missing or ill-typed fields throw json exceptions.
std::vector<OrganEnds> organ_ends_from_json(const nlohmann::json& list);

/// Throws Error(model) unless every entry is of an organ of `organs`, one each, with 0 to most_end_mm at both
/// ends and more than 0 at one.
void check_organ_ends(const std::vector<OrganEnds>& ends, const OrganTable& organs, const std::string& what);

}  // namespace anatomynet::model

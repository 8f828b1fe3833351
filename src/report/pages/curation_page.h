#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace anatomynet::report {

/// curation.html from the content of curation.json: what was kept, dropped and why, per source; organ counts;
/// names that nobody knew; overlaps; a picture a case to leaf through (by relative path, loaded as it comes
/// into view). One file that asks nothing of a network; all text of others is escaped.
std::string curation_page(const nlohmann::ordered_json& summary);

}  // namespace anatomynet::report

#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace anatomynet::report {

/// One of the worst cases of an organ.
struct AcceptancePicture {
  std::string organ, case_id, caption, left_out, png;
};

/// acceptance.html from commission.json (acceptance/record.h): a sentence an organ first, then what is wrong
/// with the cohort, what was tested, the table against the criteria, distributions, systematic differences,
/// worst cases, numbers of cases needed, a comparison with an earlier version, and a block to sign. One file
/// that asks nothing of a network and runs no script; all text of others is escaped.
std::string acceptance_page(const nlohmann::ordered_json& record,
                            const std::vector<AcceptancePicture>& pictures);

}  // namespace anatomynet::report

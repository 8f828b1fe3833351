#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace anatomynet::report {

/// adaptation.html from adaptation.json (adaptation/record.h): which organs are offered and why, before and
/// after calibration and training by organ and case on held-out cases, what other cases say of forgetting,
/// earlier rounds, what the weights came from. One file that asks nothing of a network and runs no script;
/// all text of others is escaped.
std::string adaptation_page(const nlohmann::ordered_json& record);

}  // namespace anatomynet::report

#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "adaptation/adapted_info.h"

namespace anatomynet::adaptation {

struct Result {
  const Parent* parent = nullptr;
  const LocalCases* local = nullptr;
  Rules rules;
  CalibrationResult calibration;
  std::vector<Round> rounds;               ///< of training; empty: none was asked for
  std::vector<std::string> learnt, notes;  ///< organs that are offered as learnt
  std::string adapted_id, adapted_sha256;  ///< empty: nothing is offered
  std::vector<HeldOutCase> checked;        ///< other cases, the weights that are offered
  std::vector<OrganOutcome> check;
};

/// Learnt and calibrated ones.
std::vector<std::string> offered_organs(const Result& result);

/// adaptation.json: what adaptation.html shows (report/pages/adaptation_page.h).
nlohmann::ordered_json record_of(const Result& result, const Recipe& recipe);

/// cases.csv: a line a case and organ of the calibration, of the last round, and of the cases of --check.
std::string cases_csv(const Result& result);

}  // namespace anatomynet::adaptation

#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "adaptation/adapted_info.h"

namespace anatomynet::adaptation {

/// One cross-validation of the whole cohort.
struct Round {
  std::vector<std::string> learnt;
  double keep = 0;  ///< weight of the distillation term
  std::vector<HeldOutCase> cases;
  std::vector<OrganOutcome> outcomes;
};

struct Result {
  const Parent* parent = nullptr;
  const LocalCases* local = nullptr;
  Rules rules;
  std::vector<Round> rounds;
  std::vector<std::string> offered, notes;
  std::string adapted_id, adapted_sha256;  ///< empty: nothing is offered
  std::vector<HeldOutCase> checked;        ///< other cases, the weights that are offered
  std::vector<OrganOutcome> check;
};

/// adaptation.json: what adaptation.html shows (report/pages/adaptation_page.h).
nlohmann::ordered_json record_of(const Result& result, const Recipe& recipe);

/// cases.csv: a line a case and organ of the last round, and of the cases of --check.
std::string cases_csv(const Result& result);

}  // namespace anatomynet::adaptation

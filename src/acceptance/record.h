#pragma once
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "acceptance/findings.h"
#include "acceptance/verdict.h"
#include "evaluation/evaluation.h"

namespace anatomynet::acceptance {

/// A case that could not be contoured or compared.
struct FailedCase {
  std::string name, why;
};

/// All that was found, before it is written.
struct Acceptance {
  const model::Model* model = nullptr;
  std::string weights_sha256;
  const Criteria* criteria = nullptr;
  std::string form;  ///< of the cohort
  std::size_t found = 0;
  std::vector<ComparedCase> cases;
  std::vector<FailedCase> failed;
  std::vector<curation::Note> notes;
  std::vector<Finding> findings;
  std::vector<OrganVerdict> organs;
  std::string before;  ///< id of the model of the earlier version; empty: none was compared
};

/// commission.json: all figures, and what acceptance_page (report/pages) shows. A figure that is not defined
/// is null.
nlohmann::ordered_json record_of(const Acceptance& acceptance);

/// cases.csv: a line a case and organ.
std::string cases_csv(const Acceptance& acceptance);

/// The rows that count, as evaluation's statistics take them; of the earlier version where `before`.
evaluation::Evaluation evaluation_of(const std::vector<ComparedCase>& cases, bool before = false);

}  // namespace anatomynet::acceptance

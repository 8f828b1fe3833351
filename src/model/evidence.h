#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/organs.h"

namespace anatomynet::model {

/// How well a model's contours of one organ were found to be, on scans that it was not trained on.
struct OrganEvidence {
  std::string organ;                      ///< TG-263 name
  int training_scans = 0;                 ///< from which the organ was learnt
  int scans = 0;                          ///< on which it was measured
  double dice = 0;                        ///< mean over these
  std::string against;                    ///< whose contours: "experts", "clinic"
  std::optional<double> between_experts;  ///< mean Dice of two experts on such scans, where it is known

  /// Learnt from fewer than 10 scans, or a mean Dice below 0.6: its contours are to be checked first.
  bool is_weak() const;
  /// One line: "learnt from 6 scans; Dice 0.45 against experts on 4 scans (experts among themselves 0.80)".
  std::string text() const;
};

nlohmann::json evidence_to_json(const std::vector<OrganEvidence>& evidence);

/// Missing or ill-typed fields throw json exceptions.
std::vector<OrganEvidence> evidence_from_json(const nlohmann::json& list);

/// Throws Error(model) unless each entry is of another one of `organs`, counts are not negative, figures of
/// Dice lie within 0 to 1 and `against` is one of those above.
void check_evidence(const std::vector<OrganEvidence>& evidence, const OrganTable& organs,
                    const std::string& what);

/// Of this organ, or nullptr.
const OrganEvidence* find_evidence(const std::vector<OrganEvidence>& evidence, const std::string& organ);

}  // namespace anatomynet::model

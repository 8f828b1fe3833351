#pragma once
#include <optional>
#include <string>
#include <vector>

#include "acceptance/compared_case.h"
#include "acceptance/criteria.h"
#include "evaluation/statistics.h"
#include "model/model_file.h"

namespace anatomynet::acceptance {

enum class Verdict { use, care, refuse };

/// "use", "use with care", "do not use".
const char* words_of(Verdict verdict);

/// One level against the cohort.
struct JudgedLevel {
  enum class State {
    met,      ///< and the interval lies on the good side
    unsure,   ///< met, but the interval reaches beyond
    missed,   ///< worse than `use`, not than `care`
    refused,  ///< worse than `care`
  };
  Level level;
  double value = 0;
  evaluation::Interval interval{};  ///< 95% bootstrap over patients
  std::size_t cases = 0;
  State state = State::met;
};
const char* words_of(JudgedLevel::State state);

/// A difference that cases have in common: mean with its 95% interval (bootstrap over patients).
struct Systematic {
  std::string key, label, unit;  ///< "above_mm", "upper end", "mm"
  std::size_t cases = 0;
  double mean = 0;
  evaluation::Interval interval{};
  std::optional<double> tolerance;  ///< none: shown, not judged
  bool beyond() const;              ///< the mean is beyond the tolerance and its interval without 0
};

/// One organ, judged over the cohort.
struct OrganVerdict {
  std::string organ;
  Verdict verdict = Verdict::refuse;
  std::vector<std::string> reasons;  ///< for "care" and "refuse", the weightiest first
  std::size_t cases = 0, patients = 0, left_out = 0,
              failed = 0;  ///< failed: Dice below the rule, or not found
  std::vector<std::string> failed_cases;
  std::vector<JudgedLevel> levels;
  std::vector<Systematic> systematic;
  std::optional<double> shared_dice;  ///< mean, on the slices on which both have drawn it
  std::optional<model::OrganEvidence> evidence;
  double sd_dice = 0;
  std::size_t needed = 0;  ///< cases to see a difference of rule see_dice

  /// "Parotid_L: use with care, because ...".
  std::string sentence() const;
};

/// Every organ of the model, in its order.
std::vector<OrganVerdict> judge(const std::vector<ComparedCase>& cases, const model::ModelInfo& model,
                                const Criteria& criteria);

/// Median pixel size of a cohort, mm.
double median_pixel(const std::vector<ComparedCase>& cases);

}  // namespace anatomynet::acceptance

#pragma once
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/evaluation.h"

namespace anatomynet::report {

/// All that a report about one or two models' predictions says.
struct EvaluationReport {
  evaluation::Evaluation evaluation;
  std::optional<evaluation::Evaluation> against;  ///< another model's predictions of the same truth
  std::vector<evaluation::PairedFigure> paired;   ///< compare(evaluation, *against)
  evaluation::SurfaceElement surface{};
  evaluation::Combination combination{};
  std::string protocol;                      ///< "miccai2015" or empty
  bool published = true;                     ///< with the published rows beside
  std::map<std::string, double> tolerances;  ///< mm, of the organs evaluated
  /// PNG files of the worst cases by organ and case id, the worst first within each organ.
  struct Picture {
    std::string organ, case_id, caption, png;
  };
  std::vector<Picture> pictures;
};

/// evaluation.json: conventions, one entry an organ, one a case and organ, published rows, comparison. A
/// figure that is not defined is null.
nlohmann::ordered_json evaluation_json(const EvaluationReport& report);

/// One line a case and organ, then one an organ and figure ("mean", "sd", ...) in evaluation_summary_csv. A
/// figure that is not defined is empty.
std::string evaluation_csv(const evaluation::Evaluation& evaluation);
std::string evaluation_summary_csv(const evaluation::Evaluation& evaluation);

/// What the terminal shows: a table by organ, what is missing, the comparison, the published rows.
std::string evaluation_text(const EvaluationReport& report);

}  // namespace anatomynet::report

#pragma once
#include <vector>

#include "core/progress.h"
#include "evaluation/evaluate_cases.h"
#include "report/pages/evaluation_figures.h"

namespace anatomynet::cli {

/// Pictures of the `count` measured cases with the lowest Dice of each organ (report/views/comparison.h), on
/// their CT where there is one on the truth's grid, else on grey.
std::vector<report::EvaluationReport::Picture> worst_pictures(const evaluation::CasePairs& pairs,
                                                              const evaluation::Evaluation& evaluation,
                                                              const evaluation::EvaluateOptions& options,
                                                              int count, const Progress& progress);

}  // namespace anatomynet::cli

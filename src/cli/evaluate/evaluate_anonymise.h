#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "evaluation/evaluate_cases.h"
#include "report/pages/evaluation_figures.h"

namespace anatomynet::cli {

/// The cases of an anonymous evaluation by id, called case-001, case-002, ... in the order of their ids. A
/// case that `key` knows from an earlier evaluation keeps its number, and so does one that an anonymous batch
/// has called case-NNN already; no number is given twice. Writes the key where one is named: CSV with the
/// columns case, id and path (of the truth, else of the prediction), readable by its owner alone. Throws
/// Error(usage) for a key below `output` or a file that is no such key, Error(output) where it cannot be
/// written.
std::map<std::string, std::string> anonymous_names(const std::vector<const evaluation::CaseFiles*>& sides,
                                                   const std::filesystem::path& key,
                                                   const std::filesystem::path& output);

/// Gives the pairs, and the ids without a partner, their anonymous names.
void rename_cases(evaluation::CasePairs& pairs, const std::map<std::string, std::string>& names);

/// Takes out of a report what else comes from the input: paths, the texts of failures, and the names of
/// organs that are neither known to the program nor given on the command line (`how.labels`, `how.organs`);
/// these become ROI_1, ROI_2, ... Returns them with their new names.
std::map<std::string, std::string> hide_inputs(report::EvaluationReport& report,
                                               const evaluation::EvaluateOptions& how);

}  // namespace anatomynet::cli

#pragma once
#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "acceptance/cohort.h"
#include "core/messages.h"
#include "pipeline/contour_batch.h"

namespace anatomynet::acceptance {

struct CommissionOptions {
  CohortOptions cohort;
  std::filesystem::path folder;
  std::filesystem::path criteria;       ///< empty: the built-in ones
  std::filesystem::path against;        ///< folder of an earlier commissioning of the same cases; empty: none
  int pictures = 3;                     ///< of the worst cases, an organ
  pipeline::SegmentOptions contouring;  ///< model, engine and post-processing
};

/// Contours a cohort into `folder`/contours (a case that is done is not done again), compares it with the
/// clinic's contours and writes, all together:
///
/// - acceptance.html: the page for people (report/pages/acceptance_page.h);
/// - commission.json, cases.csv: all figures;
/// - key.csv: which case is which, readable by its owner alone; not under CohortOptions::anonymise, where no
///   name, ID, path or date of the cohort is in any of the files.
///
/// Returns commission.json. A case that fails costs itself alone and is named; so do faults of the cohort
/// (findings.h). Throws Error(input) where no case can be compared or model and cohort have no organ in
/// common, Error(output) where the disk is full: the same call then goes on.
nlohmann::ordered_json commission(const CommissionOptions& options, const pipeline::EngineMaker& make,
                                  Messages& messages);

}  // namespace anatomynet::acceptance

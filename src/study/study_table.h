#pragma once
#include <string>
#include <vector>

#include "study/record.h"

namespace anatomynet::study {

/// A row that a study asks for.
struct TableRow {
  std::string variant, group;
  std::vector<std::uint64_t> seeds;
};

/// The study's tables as Markdown, from records alone: for each variant its weights, runs, validation Dice,
/// held-out Dice and 95% Hausdorff distance with 95% intervals, the difference from `reference` with interval
/// and Holm-adjusted Wilcoxon p, cost; then held-out Dice by organ. A variant without a run says so and has
/// no figure.
///
/// Figures of one case are first averaged over the variant's seeds; the difference from the reference is that
/// of the seeds that both have. The mean Dice is the mean of the organs' means over cases. Intervals:
/// percentile bootstrap, 10,000 draws of whole cases, so that organs of one patient stay together; they say
/// how much the choice of cases matters, not how much training does: the spread over seeds stands beside. The
/// test ranks what each case adds to the difference of these means.
std::string study_table(const std::vector<TableRow>& rows, const std::string& reference,
                        const std::vector<RunRecord>& records);

/// Puts `table` between the lines "<!-- study NAME -->" and "<!-- end of study -->" of a page. Error(input)
/// where it has no such lines.
std::string with_table(const std::string& page, const std::string& name, const std::string& table);

}  // namespace anatomynet::study

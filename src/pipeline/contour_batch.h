#pragma once
#include <cstddef>
#include <filesystem>
#include <vector>

#include "pipeline/batch_cases.h"
#include "pipeline/contour_case.h"

namespace anatomynet::pipeline {

/// What became of a batch's cases.
struct BatchOutcome {
  std::size_t cases = 0, done = 0, done_before = 0, failed = 0;
  std::filesystem::path table;  ///< summary.csv
};

/// Contours every CT that batch_cases finds, each into a folder of its name in `options.folder`, reading the
/// next patient and writing the last while the network works. summary.csv there has a line a case (of a shard
/// of them, summary-I-of-N.csv). A case that this model, these settings and this input have done is not done
/// again (unless `again`): its manifest says so, and its files are as they were written. Whatever is wrong
/// with one patient, also with the writing of its files, goes into its line and is told as an error; only a
/// folder that takes no files any more, such as on a full disk, ends the batch: Error(output).
BatchOutcome contour_batch(const SegmentOptions& options, const EngineMaker& make, Messages& messages);

/// The same of CTs that the caller has found; their names differ and are those of folders.
BatchOutcome contour_batch(const std::vector<BatchCase>& cases, const SegmentOptions& options,
                           const EngineMaker& make, Messages& messages);

}  // namespace anatomynet::pipeline

#pragma once
#include "cli/segment_case.h"

namespace anatomynet::cli {

/// Contours every CT that batch_cases finds, each into a folder of its name in `options.folder`, reading the
/// next patient and writing the last while the network works. summary.csv there has a line a case. A case
/// that this model, these settings and this input have done is not done again (unless `again`). What is wrong
/// with one patient goes into its line; at the end Error(partly) says how many failed. Error(output), such as
/// a full disk, ends the batch.
void segment_batch(const SegmentOptions& options);

}  // namespace anatomynet::cli

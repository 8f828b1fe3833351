#pragma once
#include "pipeline/contour_case.h"

namespace anatomynet::cli {

/// Contours every CT that batch_cases finds, each into a folder of its name in `options.folder`, reading the
/// next patient and writing the last while the network works. summary.csv there has a line a case. A case
/// that this model, these settings and this input have done is not done again (unless `again`): its manifest
/// says so, and its files are as they were written. Whatever is wrong with one patient, also with the writing
/// of its files, goes into its line; at the end Error(partly) says how many failed. Only a folder that takes
/// no files any more, such as on a full disk, ends the batch: Error(output).
void segment_batch(const SegmentOptions& options);

}  // namespace anatomynet::cli

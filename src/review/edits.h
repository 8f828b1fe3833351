#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/metrics.h"
#include "review/opened_case.h"
#include "review/version_files.h"

namespace anatomynet::review {

/// How much one structure was changed by its review. Figures are those of `evaluate`: the prediction is the
/// structure before review, the truth the reviewed one; an added path is thus what the reviewer drew.
struct StructureEdits {
  int id = 0;
  std::string name, label, generation;
  bool drawn_new = false;  ///< was not there before review
  bool unchanged = false;  ///< the same voxels
  double seconds = 0;      ///< spent on it
  evaluation::OrganMetrics figures;
  std::int64_t slices = 0;  ///< on which the reviewed structure lies
  /// Added path length over `slices`.
  std::optional<double> added_path_mm_per_slice;
};

/// Of one structure. `before` is null for one that was drawn new. The grid's axes are brought nearest to
/// L, P, S first, so that slices are axial.
StructureEdits edits_of(const OpenedCase& of, const Structure& after, const Structure* before);

/// "organs": one object a structure, keys as in evaluation.json, figures that are not defined null.
nlohmann::ordered_json edits_json(const std::vector<StructureEdits>& edits);

/// edits.json and edits.csv of a version: the figures with model, program, reviewer, time and version.
std::string edits_document(const OpenedCase& of, const VersionInfo& version,
                           const std::vector<StructureEdits>& edits);
std::string edits_table(const OpenedCase& of, const VersionInfo& version,
                        const std::vector<StructureEdits>& edits);

}  // namespace anatomynet::review

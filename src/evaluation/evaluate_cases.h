#pragma once
#include <filesystem>
#include <functional>

#include "core/progress.h"
#include "evaluation/evaluation.h"
#include "evaluation/structure_files.h"
#include "io/ct_image.h"

namespace anatomynet::evaluation {

struct EvaluateOptions {
  LabelNames labels;
  /// Only these; where a prediction says nothing about one of them it counts as not found (an empty
  /// prediction), no longer as missing. Empty: every organ.
  std::vector<std::string> organs;
  /// Organs that are measured between the first and the last slice of the truth alone (across the axis
  /// nearest to S), because annotations of them end anywhere. A data set's `partial_extent` says so too, case
  /// by case.
  std::vector<std::string> within_ends;
  SurfaceElement surface = SurfaceElement::surfels;
  Combination combination = Combination::larger;
  Tolerances tolerances;     ///< of surface Dice, beside the defaults
  bool resample = false;     ///< predictions on another grid are brought onto the truth's
  bool fill_gaps = false;    ///< slices without contours of an RTSTRUCT: filled by shape interpolation
  std::filesystem::path ct;  ///< CT or folder of CTs; may be empty
  io::ReadOptions reading;
  int threads = 0;  ///< 0: all cores
};

/// A prediction and the truth of one id.
struct CasePair {
  CaseFile predicted, truth;
  std::string name;  ///< what results call the case: the truth's id, where nobody wants another
};

struct CasePairs {
  std::vector<CasePair> pairs;                                 ///< by id
  std::vector<std::string> without_truth, without_prediction;  ///< ids
};

/// Matched by id; one prediction and one truth belong together whatever they are called. Errors: Error(input)
/// with ids of both sides where no id is on both.
CasePairs match_cases(const CaseFiles& predicted, const CaseFiles& truth);

/// Both sides of one case on the truth's grid. Errors: Error(input) with both grids where they differ and
/// `resample` is off; where contours were drawn on another scan than the CT, or without a DICOM CT than what
/// they are compared with.
struct CasePairStructures {
  Structures predicted, truth;
};
CasePairStructures read_pair(const CasePair& pair, const EvaluateOptions& options);

/// The CT of a case: under options.ct, or where its files lie; empty path where there is none.
std::filesystem::path ct_of(const CasePair& pair, const EvaluateOptions& options);

/// Measures every organ of every pair, cases side by side on several threads; the result does not depend on
/// their number. A case that fails, whatever it throws, is among Evaluation::failed and costs no other; one
/// that does not fit into memory beside others is tried again alone. `warn` gets one line each. Errors: the
/// first case's, named, where every case failed.
Evaluation evaluate_cases(const CasePairs& pairs, const EvaluateOptions& options, const Progress& progress,
                          const std::function<void(const std::string&)>& warn);

}  // namespace anatomynet::evaluation

#pragma once
#include <string>

#include "evaluation/evaluate_cases.h"

namespace anatomynet::evaluation {

/// A published test, by name. "miccai2015": the ten off-site cases of the Head and Neck Auto-Segmentation
/// Challenge 2015 (0522c0555 to 0522c0746; Raudaschl et al. 2017), nine organs, each on its original grid;
/// Hausdorff distances over boundary voxels, the mean of both directions, as the organisers' program
/// plastimatch has it. Error(usage) for an unknown name.
void apply_protocol(const std::string& name, EvaluateOptions& options);

/// Leaves the protocol's cases. Error(input) where there is none; naming those that lack of ten is the
/// caller's.
void keep_protocol_cases(const std::string& name, CaseFiles& truth);

/// How many cases the protocol has.
std::size_t protocol_cases(const std::string& name);

}  // namespace anatomynet::evaluation

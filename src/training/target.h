#pragma once
#include <optional>
#include <string>

#include <torch/types.h>

namespace anatomynet {

/// What a network's output is held against, for one case.
struct Target {
  torch::Tensor labels;     ///< D x H x W, integer, class of each voxel (0 = background)
  torch::Tensor annotated;  ///< C, float, m_c: 1 where class c is annotated in this case
  torch::Tensor weights;    ///< C, float, w_c
};

/// How a case with a missing annotation is read.
enum class MissingAnnotation {
  masked,    ///< the paper's rule: missing classes and the background drop out (m_c = 0)
  marginal,  ///< the missing organs' probability is added to the background's, which stays (Shi et al. 2021)
  unmasked,  ///< the label map is taken as complete: every class counts, a missing organ as background
};

/// The rule that a configuration names, and its name; nothing for an unknown name.
std::optional<MissingAnnotation> missing_annotation(const std::string& name);
const char* name_of(MissingAnnotation rule);

/// What the rule makes of one case.
struct MissingReading {
  torch::Tensor annotated;  ///< C, m_c with the background's own entry
  torch::Tensor kept;       ///< C, bool: false where the class is merged into the background, labels too
};

/// `annotated` says which organs are annotated; its entry 0 is ignored. With all organs annotated nothing is
/// missing and the background counts.
MissingReading read_missing(MissingAnnotation rule, const torch::Tensor& annotated);

/// Applies the rule: returns the probabilities (C x D x H x W) to use and sets `target.annotated` and
/// `target.labels` accordingly.
torch::Tensor apply_missing(MissingAnnotation rule, const torch::Tensor& p, Target& target);

}  // namespace anatomynet

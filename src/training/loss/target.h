#pragma once
#include <optional>
#include <string>

#include <torch/types.h>

namespace anatomynet::training {

/// What a network's output is held against, for one case.
struct Target {
  torch::Tensor labels;  ///< D x H x W, integer, class of each voxel (0 = background)
  torch::Tensor
      annotated;  ///< C, float, m_c: the weight of class c's annotation in this case; 0: not annotated
  torch::Tensor weights;  ///< C, float, w_c
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
  /// zones x C, bool: false where the class is merged into the background in that zone, its labels too
  torch::Tensor kept;
};

/// `annotated` says which organs are annotated; its entry 0 is ignored. With all organs annotated nothing is
/// missing and the background counts. `known` (zones x C, bool; undefined: one zone that knows all) says
/// where annotations of part of an organ say something (training/data/case.h): elsewhere the organ's
/// probability merges with the background's, whatever the rule but `unmasked`.
MissingReading read_missing(MissingAnnotation rule, const torch::Tensor& annotated,
                            const torch::Tensor& known = {});

/// Applies the rule: returns the probabilities (C x D x H x W) to use and sets `target.annotated` and
/// `target.labels` accordingly. `zones` (D x H x W, integer) is undefined where all voxels are in zone 0.
torch::Tensor apply_missing(MissingAnnotation rule, const torch::Tensor& p, Target& target,
                            const torch::Tensor& known = {}, const torch::Tensor& zones = {});

/// `kept` (zones x C) spread over the voxels: C x D x H x W, bool; C x 1 x 1 x 1 where all are in zone 0.
torch::Tensor kept_at_voxels(const torch::Tensor& kept, const torch::Tensor& zones);

}  // namespace anatomynet::training

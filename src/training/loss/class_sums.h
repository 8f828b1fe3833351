#pragma once
#include <torch/types.h>

#include "training/loss/target.h"

namespace anatomynet::training {

/// The sums over all voxels that every loss is made of, each of length C (class c): g is 1 where the voxel's
/// label is c, p its probability. FP = p - tp and FN = g - tp, since g is one-hot.
struct ClassSums {
  torch::Tensor tp;        ///< sum p g
  torch::Tensor p;         ///< sum p
  torch::Tensor g;         ///< sum g
  torch::Tensor focal;     ///< sum g (1-p)^2 log max(p, 1e-6)
  torch::Tensor focal_tp;  ///< sum p g (1-p)^2
  torch::Tensor log_p;     ///< sum g log max(p, 1e-6)
  std::int64_t voxels = 0;
};

/// From probabilities C x D x H x W, differentiable, by libtorch's operations: the plain form.
ClassSums class_sums(const torch::Tensor& probabilities, const torch::Tensor& labels);

/// From logits C x D x H x W, any strides, with the softmax and the rule for missing annotations inside
/// (training/loss/target.h), differentiable, for losses on whole volumes: no tensor of the logits' size is
/// made but their gradient. Softmax is computed twice instead, in float; sums are double and add up in one
/// fixed order. On a CPU one pass over memory each way; on other devices slab by slab with libtorch's
/// operations. `reading` is what `read_missing` made of the case; `zones` (D x H x W, uint8) says which of
/// its zones each voxel lies in, undefined: all in zone 0.
ClassSums class_sums_of_logits(const torch::Tensor& logits, const torch::Tensor& labels,
                               const MissingReading& reading, const torch::Tensor& zones = {});

}  // namespace anatomynet::training

#pragma once
#include <torch/types.h>

namespace anatomynet::training {

/// How far a network is from another one, the teacher, on organs that it is to go on drawing as the teacher
/// does; what it learns anew is free (Li and Hoiem 2017; Cermelli et al. 2020, who merge the free classes).
///
/// Both networks' probabilities are merged into groups: one for each kept organ, and one for everything else,
/// the background and the organs that are learnt: p_g, and q_g of the teacher. Then
///
///   L = sum_v w_v sum_g q_gv log(q_gv / p_gv),   w_v = mean over g of s_gv / sum_v s_gv,   s = p + q,
///
/// so that an organ weighs alike whatever its size. L is 0 where the two agree, and w takes no part in the
/// gradient: dL / dlogit_c = w_v p_c (1 - q_g / p_g), g the group of class c.
struct DistillationTarget {
  torch::Tensor logits;   ///< the teacher's, C' x D x H x W
  torch::Tensor classes;  ///< K, int64: the teacher's classes of the kept organs
};

/// `logits`: C x D x H x W; `classes`: K, int64, this network's classes of the same organs in the same order;
/// `counted`: D x H x W, bool, voxels that take part (undefined: all). A scalar that can be differentiated.
torch::Tensor distillation_loss(const torch::Tensor& logits, const torch::Tensor& classes,
                                const DistillationTarget& teacher, const torch::Tensor& counted = {});

}  // namespace anatomynet::training

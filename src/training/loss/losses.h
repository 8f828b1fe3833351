#pragma once
#include <string>
#include <vector>

#include "training/loss/class_sums.h"
#include "training/loss/target.h"

namespace anatomynet::training {

// Every loss takes the sums of one case (training/loss/class_sums.h) and returns a scalar that can be
// differentiated. TP = sum p g, FN = sum (1-p) g, FP = sum p (1-g) over all voxels; m_c w_c multiply each
// class's part (Zhu et al. 2019, section 2.3; reference page "Loss").

/// sum m w - sum m w TP / (TP + 0.5 FN + 0.5 FP + 1e-5)
torch::Tensor dice_loss(const ClassSums& sums, const Target& target);
/// -(1/N) sum_c m w sum_voxels g (1-p)^2 log max(p, 1e-6)
torch::Tensor focal_loss(const ClassSums& sums, const Target& target);
/// 1.6 (sum m w - sum m w TPf / (TPf + 0.5 FP + 0.5 FN + 1e-5)), TPf = sum p g (1-p)^2: the code's "focal
/// Dice"
torch::Tensor focal_dice_loss(const ClassSums& sums, const Target& target);
/// -(1/C) sum_c m w (sum g log max(p, 1e-6)) / (sum g + 1e-6)
torch::Tensor cross_entropy_loss(const ClassSums& sums, const Target& target);
/// sum_c m w (-log clamp(Dice_c, 1e-5, 1 - 1e-5))^0.3 / clamp(sum m w, 1e-5, 1000)
torch::Tensor exp_log_loss(const ClassSums& sums, const Target& target);
/// 1 - 2 sum_c v TP m w / sum_c (v (sum p + sum g) + 1e-5), v = 1 / ((sum g)^2 + 1e-5)
torch::Tensor generalised_dice_loss(const ClassSums& sums, const Target& target);

/// The names that `named_loss` knows.
const std::vector<std::string>& loss_names();

/// The loss a configuration names: "dice", "dice+focal" (the paper's hybrid, `lambda` times the focal term),
/// "dice+cross-entropy" (`lambda` likewise), "focal-dice", "exp-log", "generalised-dice". Error(usage)
/// otherwise.
torch::Tensor named_loss(const std::string& name, double lambda, const ClassSums& sums, const Target& target);

}  // namespace anatomynet::training

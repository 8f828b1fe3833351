#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace anatomynet::training {

/// One comparison with a reference tensor.
struct ParityEntry {
  std::string name;         ///< key in the file
  double max_absolute = 0;  ///< largest |ours - theirs|
  double max_relative = 0;  ///< that, over the largest |theirs| of the tensor
  double tolerance = 0;     ///< on max_relative
  bool passed() const { return max_relative <= tolerance; }  // false for NaN
};

struct ParityReport {
  std::string architecture;
  std::vector<ParityEntry> entries;
  std::vector<std::string> not_compared;  ///< keys of the file that mean nothing here
  bool passed() const;
};

/// Compares the network, the losses, the gradients and one RMSprop step with a file of reference tensors: a
/// dictionary written by PyTorch's torch.save with the keys eval_logits, eval_softmax, train_softmax,
/// loss/<name>, grad_of_dice/<name>, after_one_rmsprop_step/<name>, computed from input, state/<name>
/// (absent: weights by the formula sin(0.61803398875 i + t)), labels, flags and class_weights. Keys that are
/// absent are not compared. For the architecture see training/parity/reference_file.h.
///
/// Rounding is forgiven: gradients may differ by 1e-5 of their layer's largest (a bias before batch
/// normalisation has a gradient of 0, and nothing but rounding in a file), elements whose first step that
/// could move are left out after the step, and probabilities may differ by what logits may. Errors:
/// Error(input).
ParityReport check_parity(const std::filesystem::path& file);

}  // namespace anatomynet::training

#pragma once
#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace anatomynet::training {

/// Values a class: row k of `values` is one of the sums of `ClassSums`, in this order.
enum ClassSum : std::size_t { sum_tp, sum_p, sum_g, sum_focal, sum_focal_tp, sum_log_p, class_sum_count };

struct ClassRows {
  explicit ClassRows(std::size_t classes_) : classes(classes_), values(class_sum_count * classes_) {}
  double& at(ClassSum row, std::size_t c) { return values[row * classes + c]; }
  double at(ClassSum row, std::size_t c) const { return values[row * classes + c]; }
  std::size_t classes;
  std::vector<double> values;
};

/// Which classes are kept in which zone (training/loss/target.h).
struct KeptClasses {
  std::size_t classes = 0;
  std::vector<std::uint8_t> flags;  ///< zones x classes
  std::size_t zones() const { return flags.size() / classes; }
  bool at(std::size_t zone, std::size_t c) const { return flags[zone * classes + c] != 0; }
};

/// One volume on a CPU: logits C x D x H x W (float or bfloat16; channels-last or dense), labels uint8, and
/// the zone of each voxel, uint8, undefined where all are in zone 0.
struct VoxelInput {
  const torch::Tensor &logits, &labels;
  KeptClasses kept;
  torch::Tensor zones = {};
};

ClassRows voxel_sums(const VoxelInput& input);

/// The logits' gradient, in their type and strides, from the gradients of the sums (that of sum_g counts
/// not).
torch::Tensor voxel_gradient(const VoxelInput& input, const ClassRows& of_sums);

}  // namespace anatomynet::training

#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "network/network.h"
#include "network/precision.h"
#include "training/augmentation/augment.h"
#include "training/data/packed_set.h"

namespace anatomynet::training {

/// Organs that a network is to go on drawing as other weights do (training/loss/distillation.h).
struct Distillation {
  std::filesystem::path from;       ///< these weights; empty: none
  double weight = 10;               ///< of the term
  std::vector<std::string> organs;  ///< TG-263 names
};

/// The other weights' network, and what it says of a sample.
class Teacher {
 public:
  /// Throws Error(usage) naming an organ that set or weights lack, or where the two take other input.
  Teacher(const TrainingSet& set, const Distillation& how, torch::Device device);

  /// The weighted term, for `image` (1 x 1 x D x H x W, scaled) and this network's `logits` of it. Voxels
  /// that the sample labels with an annotated organ do not take part: there the labels speak.
  torch::Tensor loss(const torch::Tensor& image, const torch::Tensor& logits, const Sample& sample,
                     network::Precision precision);

 private:
  double weight_;
  torch::Device device_;
  std::shared_ptr<network::Network> network_;
  torch::Tensor classes_, teacher_classes_;
};

}  // namespace anatomynet::training

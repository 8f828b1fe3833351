#pragma once
#include <functional>
#include <string>
#include <vector>

#include "network/network.h"
#include "network/precision.h"
#include "training/data/packed_set.h"

namespace anatomynet::training {

/// Agreement on one organ over the validation cases where it is annotated.
struct OrganScore {
  std::string organ;
  std::vector<std::string> cases;
  /// One a case; 1 where the organ is annotated as absent and found nowhere. An organ whose annotation is
  /// partial is measured between its first and last annotated slice.
  std::vector<double> dice;
  /// 95% Hausdorff distance, mm, one a case where asked for, else empty; NaN where either lacks the organ.
  std::vector<double> hausdorff95 = {};
  double mean() const;  ///< of `dice`
};

struct Scores {
  std::vector<OrganScore> organs;
  double mean() const;  ///< of the organs' means: what the best weights are chosen by
};

/// The network's logits of the whole volume of a case: C x D x H x W, float, in memory, without gradients.
/// The network must be in evaluation mode. On a CPU by the fused operations; bf16 only where they are built:
/// libtorch 1.13's own bf16 convolutions give wrong values for some sizes there (docs/training.md).
torch::Tensor whole_logits(network::Network& network, const TrainingCase& c,
                           const dataset::InputOptions& input, network::Precision precision,
                           torch::Device device);

/// Predicted classes on the grid of a case's truth, without what lies beyond the annotated slices of organs
/// that are annotated in part, since nothing is known there.
LabelVolume within_annotations(LabelVolume found, const TrainingCase& c);

struct ValidationOptions {
  network::Precision precision = network::Precision::fp32;
  bool surface_distance = false;      ///< also the 95% Hausdorff distance, which costs time
  std::size_t first = 0, stride = 1;  ///< of the validation cases: process r of n takes r, r + n, ...
  /// Called after each case with the case and its predicted classes on the grid of its truth.
  std::function<void(const TrainingCase&, const LabelVolume& predicted)> on_case;
};

/// Scores of the network on whole validation volumes at their own resolution. The network's mode (training or
/// evaluation) is as before afterwards.
Scores validate(network::Network& network, const TrainingSet& set, torch::Device device,
                const ValidationOptions& options = {});

/// Middle of sorted values, the mean of two where their number is even; NaN of none.
double median_of(std::vector<double> values);

/// The CT of a case on the grid of its truth (linear), for pictures.
CtVolume ct_at_truth(const TrainingCase& c);

}  // namespace anatomynet::training

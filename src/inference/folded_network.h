#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model_file.h"

namespace anatomynet::inference {

/// A convolution with the batch norm behind it folded in: w' = w gamma / sqrt(var + eps), b' = beta - mean
/// gamma / sqrt(var + eps) (+ b gamma / ...).
struct FoldedConvolution {
  std::string name;  ///< of its weight tensor, without ".weight"
  std::int64_t in = 0, out = 0, kernel = 3;
  std::vector<float> weights;  ///< out x in x kernel x kernel x kernel
  std::vector<float> bias;     ///< out
};

/// Squeeze and excitation: scale = sigmoid(second(act(first(means)))).
struct Excitation {
  std::int64_t hidden = 0;
  std::vector<float> first, first_bias, second, second_bias;  ///< hidden x c, hidden, c x hidden, c

  /// One scale a channel from one mean a channel.
  std::vector<float> scales(const std::vector<double>& means, float slope) const;
};

/// conv1, act, conv2, [excitation], + shortcut, act. A block that merges takes a skip connection first:
/// concatenated behind its input, or added through `skip` where that is there.
struct FoldedBlock {
  std::string name;
  FoldedConvolution conv1, conv2;
  std::optional<FoldedConvolution> shortcut;  ///< none: identity
  std::optional<Excitation> excitation;
  std::optional<FoldedConvolution> skip;  ///< summed variants: 1 x 1 x 1
  std::int64_t in() const { return conv1.in; }
  std::int64_t out() const { return conv1.out; }
};

/// Transposed convolution k2 stride 2; weights in x out x 2 x 2 x 2, bias out.
struct FoldedUpsampling {
  std::int64_t in = 0, out = 0;
  std::vector<float> weights, bias;
};

/// network/residual_unet.h for inference, from a weights file alone: AnatomyNet and its residual relatives.
struct FoldedNetwork {
  float slope = 0;         ///< of LeakyReLU
  FoldedConvolution stem;  ///< stride 2
  /// layer1, 2, 3; layer4 with 5; layer6 with 7; layer8 with 9. The first block of the last three merges:
  /// with the output of stage 1, of stage 0, of the stem.
  std::vector<std::vector<FoldedBlock>> stages;
  FoldedUpsampling upsampling;  ///< layer10.deconv1
  FoldedBlock last;             ///< layer10, merges with the image
  FoldedConvolution head;       ///< layer11

  /// Multiply-adds for a volume of half-resolution voxels, as the network defines them.
  double multiply_adds(std::int64_t half_voxels) const;
};

/// Whether `fold` knows the architecture.
bool can_fold(const std::string& architecture);
const std::vector<std::string>& foldable_architectures();

/// Throws Error(model) naming the first tensor that is missing, of another shape or type, or left over.
FoldedNetwork fold(const model::Model& model);

}  // namespace anatomynet::inference

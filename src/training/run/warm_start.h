#pragma once
#include <string>
#include <vector>

#include "model/model_file.h"
#include "network/network.h"

namespace anatomynet::training {

/// What a network took over from other weights.
struct WarmStart {
  std::size_t kept = 0;                    ///< tensors of the same name and shape
  std::vector<std::string> organs_kept;    ///< outputs (background first) whose weights were taken over
  std::vector<std::string> organs_fresh;   ///< outputs that stay as initialised
  std::vector<std::string> tensors_fresh;  ///< other tensors that are missing there or of another shape
  std::string text() const;                ///< one line for the log
};

/// What the outputs of organs start as that the model has not.
enum class FreshOutputs {
  random,      ///< as they were initialised
  background,  ///< the background's weights, the bias `fresh_offset` lower: no voxel changes hands at first
};
inline constexpr double fresh_offset = 4;  ///< a probability of 0.018 times the background's

/// Copies into `network`, whose outputs are the background and `organs`, what `model` has: every tensor of
/// the same name and shape, and of the last convolution the outputs of the organs that both have, by name,
/// wherever they stand; the others of its outputs as `fresh` says. All else stays as it was. Error(model)
/// when no tensor but the last fits.
WarmStart start_from(network::Network& network, const OrganTable& organs, const model::Model& model,
                     FreshOutputs fresh = FreshOutputs::random);

}  // namespace anatomynet::training

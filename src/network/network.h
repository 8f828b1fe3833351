#pragma once
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/types.h>

namespace anatomynet::network {

/// A segmentation network on whole volumes, layout N C D H W (depth = z, height = y, width = x).
class Network : public torch::nn::Module {
 public:
  /// `image`: float, N x 1 x D x H x W, HU scaled to [0, 1], sizes divisible by `stride()`.
  /// Returns logits, N x classes x D x H x W: softmax is the caller's.
  virtual torch::Tensor forward(torch::Tensor image) = 0;
  /// Every size of the input must be a multiple of this.
  virtual std::int64_t stride() const = 0;
  /// Bias of the last convolution, one value a class: what is added to it is added to the class's logits.
  virtual torch::Tensor output_bias() = 0;
};

/// The names that `make_network` knows, AnatomyNet first; they are the authors' file names.
const std::vector<std::string>& architectures();

/// A network with freshly initialised weights (Kaiming normal, torch's global generator) and `classes`
/// outputs (background first). Throws Error(model) for an unknown architecture, naming the known ones.
std::shared_ptr<Network> make_network(const std::string& architecture, std::int64_t classes);

/// Logits for a volume of any size: padded at the far ends with 0 (air) to the network's stride, the padding
/// cut off again.
torch::Tensor forward_padded(Network& network, const torch::Tensor& image);

/// Weights and buffers under the authors' names, in the order of a PyTorch state_dict.
std::vector<std::pair<std::string, torch::Tensor>> state_of(const torch::nn::Module& module);

}  // namespace anatomynet::network

#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <torch/types.h>

#include "network/network.h"

namespace anatomynet::training {

/// Reference tensors by key, as check_parity describes them.
class ReferenceFile {
 public:
  /// Reads a dictionary of tensors written by torch.save. Errors: Error(input).
  explicit ReferenceFile(const std::filesystem::path& path);

  const std::map<std::string, torch::Tensor>& tensors() const { return tensors_; }
  const torch::Tensor* find(const std::string& key) const;
  /// Error(input) that names the key where it is missing.
  const torch::Tensor& required(const std::string& key) const;
  /// Any key that starts so?
  bool has(const std::string& prefix) const;
  /// Output channels, from eval_logits, eval_softmax or train_softmax.
  std::int64_t classes() const;

  /// The network that the file is about, with its weights, and that network's name. The architecture is the
  /// longest known name that the file's stem starts with ("baseline2Pool_b.pt"); failing that, the one whose
  /// tensors' names and shapes are those of state/, and of several the one nearest to eval_logits.
  std::shared_ptr<network::Network> network(std::string& architecture) const;

  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::shared_ptr<network::Network> with_weights(const std::string& architecture) const;
  bool state_fits(const network::Network& network) const;
  double distance(network::Network& network) const;

  std::filesystem::path path_;
  std::map<std::string, torch::Tensor> tensors_;
};

}  // namespace anatomynet::training

#pragma once
#include <vector>

#include <torch/types.h>

namespace anatomynet::network {

/// The two small layers of a squeeze and excitation on one volume's channel means, in double:
/// s = sigmoid(W2 act(W1 m + b1) + b2). Weights are those of torch::nn::Linear, float.
class VolumeExcitation {
 public:
  VolumeExcitation(const torch::Tensor& w1, const torch::Tensor& b1, const torch::Tensor& w2,
                   const torch::Tensor& b2, double slope, const std::vector<double>& means);
  const std::vector<double>& scale() const { return scale_; }

  struct Gradients {
    std::vector<double> means;
    torch::Tensor w1, b1, w2, b2;
  };
  /// From the gradient of the scale.
  Gradients gradients(const std::vector<double>& of_scale) const;

 private:
  torch::Tensor w1_, w2_;
  double slope_;
  torch::Tensor means_, before_, hidden_;
  std::vector<double> scale_;
};

}  // namespace anatomynet::network

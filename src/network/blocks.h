#pragma once
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

namespace anatomynet::network {

/// Convolution 3 x 3 x 3, padding 1, no bias (1 x 1 x 1 without padding where kernel = 1).
torch::nn::Conv3d conv(std::int64_t in, std::int64_t out, std::int64_t kernel = 3, std::int64_t stride = 1,
                       bool bias = false);

/// max(x, slope x) in place; slope 0 is ReLU.
torch::Tensor activate(torch::Tensor x, double slope);

/// Squeeze and excitation (Hu et al. 2018): x * sigmoid(FC(act(FC(mean x)))).
struct SqueezeExcitation : torch::nn::Module {
  SqueezeExcitation(std::int64_t channels, std::int64_t reduction, double slope);
  torch::Tensor forward(const torch::Tensor& x);

  torch::nn::Sequential fc{nullptr};
  double slope;
};

struct ResidualOptions {
  std::int64_t in = 0, out = 0;
  double slope = 0.01;               ///< of the activation
  std::int64_t se_reduction = 0;     ///< 0: no squeeze and excitation
  std::int64_t shortcut_kernel = 1;  ///< of the projection that the shortcut has where channels change
};

/// conv, BN, act, conv, BN, [SE], + shortcut, act.
struct ResidualBlock : torch::nn::Module {
  explicit ResidualBlock(const ResidualOptions& options);
  torch::Tensor forward(const torch::Tensor& x);

  torch::nn::Conv3d conv1{nullptr}, conv2{nullptr};
  torch::nn::BatchNorm3d bn1{nullptr}, bn2{nullptr};
  std::shared_ptr<SqueezeExcitation> se;
  torch::nn::Sequential downsample{nullptr};
  double slope = 0;

 protected:
  ResidualBlock() = default;
  /// Makes and registers the parts, after those that a derived block has registered: the authors' order.
  void build(const ResidualOptions& options);
  torch::Tensor body(const torch::Tensor& x);

 private:
  torch::Tensor shortcut(const torch::Tensor& x);
};

enum class Skip { concatenated, summed };

struct MergeOptions {
  std::int64_t in = 0;    ///< channels that come up from below
  std::int64_t skip = 0;  ///< channels of the skip connection
  std::int64_t out = 0;
  Skip how = Skip::concatenated;
  bool upsample = false;  ///< double the size first by a transposed convolution to in/2 channels
  ResidualOptions block;  ///< its `in` and `out` are filled here
};

/// A residual block on what comes up and the skip, concatenated (up first) or summed after a 1 x 1 x 1
/// convolution.
struct MergeBlock : ResidualBlock {
  explicit MergeBlock(const MergeOptions& options);
  torch::Tensor forward(const torch::Tensor& up, const torch::Tensor& skip);

  torch::nn::ConvTranspose3d deconv1{nullptr};
  torch::nn::Conv3d conv1x1x1{nullptr};

 private:
  torch::Tensor joined(const torch::Tensor& up, const torch::Tensor& skip);
};

}  // namespace anatomynet::network

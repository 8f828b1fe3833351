#pragma once
#include <functional>

#include <torch/nn/modules/batchnorm.h>

namespace anatomynet::network {

/// How the processes that train one network share their batch statistics.
struct SharedStatistics {
  std::function<void(const torch::Tensor&)> sum;  ///< makes a tensor its sum over all processes
  bool counts = true;  ///< false: this process's input counts as no voxels; it only takes part in the sums
};

/// While it lives, batch norm in training mode takes mean and variance over the inputs of all processes, and
/// its gradient is that of the joined batch. Every process must go forward and back through the same network,
/// within the scope, in step. For the whole process: one network trains at a time.
class SharedStatisticsScope {
 public:
  explicit SharedStatisticsScope(SharedStatistics shared);
  ~SharedStatisticsScope();
  SharedStatisticsScope(const SharedStatisticsScope&) = delete;
  SharedStatisticsScope& operator=(const SharedStatisticsScope&) = delete;
};

/// Whether such a scope is open.
bool statistics_shared();

/// `norm` of `x` (N x C x D x H x W), over all processes where a scope is open.
torch::Tensor normalised(torch::nn::BatchNorm3dImpl& norm, const torch::Tensor& x);

}  // namespace anatomynet::network

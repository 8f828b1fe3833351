#include "network/excitation.h"

#include <ATen/ops/sigmoid.h>
#include <torch/types.h>

namespace anatomynet::network {
namespace {

using torch::Tensor;

Tensor vector_of(const std::vector<double>& v) { return torch::tensor(v, torch::kDouble); }

std::vector<double> values_of(const Tensor& t) {
  const Tensor dense = t.contiguous();
  return {dense.data_ptr<double>(), dense.data_ptr<double>() + dense.numel()};
}

}  // namespace

VolumeExcitation::VolumeExcitation(const Tensor& w1, const Tensor& b1, const Tensor& w2, const Tensor& b2,
                                   double slope, const std::vector<double>& means)
    : w1_(w1.to(torch::kDouble)), w2_(w2.to(torch::kDouble)), slope_(slope), means_(vector_of(means)) {
  before_ = w1_.mv(means_) + b1.to(torch::kDouble);
  hidden_ = torch::where(before_ > 0, before_, slope_ * before_);
  scale_ = values_of((w2_.mv(hidden_) + b2.to(torch::kDouble)).sigmoid());
}

VolumeExcitation::Gradients VolumeExcitation::gradients(const std::vector<double>& of_scale) const {
  const Tensor s = vector_of(scale_), last = vector_of(of_scale) * s * (1 - s);
  const Tensor into_hidden = w2_.t().mv(last);
  const Tensor first = torch::where(before_ > 0, into_hidden, slope_ * into_hidden);
  const auto single = [](const Tensor& t) { return t.to(torch::kFloat); };
  return {values_of(w1_.t().mv(first)), single(torch::outer(first, means_)), single(first),
          single(torch::outer(last, hidden_)), single(last)};
}

}  // namespace anatomynet::network

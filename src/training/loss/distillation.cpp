#include "training/loss/distillation.h"

#include <torch/torch.h>

namespace anatomynet::training {
namespace {

using torch::Tensor;

// log p of the groups, (1 + K) x voxels: everything else first.
Tensor log_groups(const Tensor& logits, const Tensor& classes) {
  const Tensor log_p = logits.to(torch::kFloat).flatten(1).log_softmax(0);
  const Tensor rest = torch::ones({log_p.size(0)}, torch::kBool).to(log_p.device());
  rest.index_fill_(0, classes, false);
  const Tensor others = log_p.index({rest}).logsumexp(0, true);
  return torch::cat({others, log_p.index_select(0, classes)});
}

// w: of voxels of which none counts all are 0.
Tensor voxel_weights(const Tensor& p, const Tensor& q, const Tensor& counted) {
  Tensor share = p + q;
  if (counted.defined()) share = share * counted.flatten().to(share.scalar_type());
  return (share / share.sum(1, true).clamp_min(1e-6)).mean(0);
}

}  // namespace

Tensor distillation_loss(const Tensor& logits, const Tensor& classes, const DistillationTarget& teacher,
                         const Tensor& counted) {
  const Tensor log_p = log_groups(logits, classes);
  Tensor log_q, weights;
  {
    const torch::NoGradGuard no_grad;
    log_q = log_groups(teacher.logits, teacher.classes);
    weights = voxel_weights(log_p.exp(), log_q.exp(), counted);
  }
  return (weights * (log_q.exp() * (log_q - log_p)).sum(0)).sum();
}

}  // namespace anatomynet::training

#include "training/loss/distillation.h"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace anatomynet::training {
namespace {

using torch::Tensor;

// Four classes here: background, kept, learnt, kept. The teacher has the kept ones the other way round, and
// no learnt one.
const Tensor kept = torch::tensor({1, 3}, torch::kLong), teacher_kept = torch::tensor({2, 1}, torch::kLong);

Tensor random_logits(std::int64_t classes, std::uint64_t seed) {
  torch::manual_seed(seed);
  return 2 * torch::randn({classes, 2, 3, 4});
}

struct Groups {
  std::vector<double> p;  // rest, then the kept ones
};

double softmax(const Tensor& logits, std::int64_t c, std::int64_t v) {
  const Tensor flat = logits.flatten(1).to(torch::kDouble);
  double sum = 0;
  for (std::int64_t i = 0; i < flat.size(0); ++i) sum += std::exp(flat[i][v].item<double>());
  return std::exp(flat[c][v].item<double>()) / sum;
}

Groups groups(const Tensor& logits, const Tensor& classes, std::int64_t v) {
  Groups out{{1}};
  for (std::int64_t k = 0; k < classes.size(0); ++k) {
    out.p.push_back(softmax(logits, classes[k].item<std::int64_t>(), v));
    out.p[0] -= out.p.back();
  }
  return out;
}

// The weights and the loss by the formula, voxel by voxel in double.
std::vector<double> weights_of(const Tensor& ours, const Tensor& theirs, const std::vector<bool>& counted) {
  std::vector<double> w(24, 0.0);
  for (std::size_t g = 0; g < 3; ++g) {
    std::vector<double> s(24, 0.0);
    double sum = 0;
    for (std::size_t v = 0; v < 24; ++v) {
      const auto at = static_cast<std::int64_t>(v);
      if (counted[v]) s[v] = groups(ours, kept, at).p[g] + groups(theirs, teacher_kept, at).p[g];
      sum += s[v];
    }
    for (std::size_t v = 0; v < 24; ++v) w[v] += s[v] / sum / 3;
  }
  return w;
}

double loss_of(const Tensor& ours, const Tensor& theirs, const std::vector<double>& w) {
  double loss = 0;
  for (std::size_t v = 0; v < 24; ++v) {
    const Groups p = groups(ours, kept, static_cast<std::int64_t>(v)),
                 q = groups(theirs, teacher_kept, static_cast<std::int64_t>(v));
    for (std::size_t g = 0; g < 3; ++g) loss += w[v] * q.p[g] * std::log(q.p[g] / p.p[g]);
  }
  return loss;
}

TEST(Distillation, IsTheFormulaWithItsGradient) {
  const Tensor ours = random_logits(4, 1).requires_grad_(), theirs = random_logits(3, 2);
  std::vector<bool> counted(24, true);
  const Tensor mask = torch::ones({2, 3, 4}, torch::kBool);
  for (const std::size_t v : {3, 17}) {
    counted[v] = false;
    mask.flatten()[static_cast<std::int64_t>(v)] = false;
  }
  const Tensor loss = distillation_loss(ours, kept, {theirs, teacher_kept}, mask);
  const auto w = weights_of(ours.detach(), theirs, counted);
  EXPECT_NEAR(loss.item<double>(), loss_of(ours.detach(), theirs, w), 1e-5);
  loss.backward();
  const Tensor gradient = ours.grad().flatten(1);
  const std::size_t group_of[] = {0, 1, 0, 2};
  for (std::size_t v = 0; v < 24; ++v) {
    const auto at = static_cast<std::int64_t>(v);
    const Groups p = groups(ours.detach(), kept, at), q = groups(theirs, teacher_kept, at);
    for (std::int64_t c = 0; c < 4; ++c) {
      const std::size_t g = group_of[c];
      EXPECT_NEAR(gradient[c][at].item<double>(),
                  w[v] * softmax(ours.detach(), c, at) * (1 - q.p[g] / p.p[g]), 1e-6);
    }
  }
}

TEST(Distillation, LeavesTheLearntOrganFree) {
  // What background and learnt organ share between them is no matter.
  const Tensor theirs = random_logits(3, 3), ours = torch::zeros({4, 2, 3, 4});
  ours[1] = theirs[2];
  ours[3] = theirs[1];
  ours[0] = theirs[0] + std::log(0.3);
  ours[2] = theirs[0] + std::log(0.7);
  const Tensor moved = ours.clone().requires_grad_();
  const Tensor loss = distillation_loss(moved, kept, {theirs, teacher_kept});
  EXPECT_NEAR(loss.item<double>(), 0, 1e-6);
  loss.backward();
  EXPECT_LT(moved.grad().abs().max().item<double>(), 1e-7);
}

TEST(Distillation, IsZeroWhereNothingCounts) {
  const Tensor none = torch::zeros({2, 3, 4}, torch::kBool);
  const Tensor loss = distillation_loss(random_logits(4, 5), kept, {random_logits(3, 6), teacher_kept}, none);
  EXPECT_EQ(loss.item<double>(), 0);
}

}  // namespace
}  // namespace anatomynet::training

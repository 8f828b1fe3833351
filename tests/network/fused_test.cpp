#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "network/computation.h"
#include "network/network.h"
#include "network/onednn_convolution.h"
#include "network/precision.h"

namespace anatomynet::network {
namespace {

using torch::Tensor;

struct Pass {
  Tensor logits;
  std::vector<std::pair<std::string, Tensor>> gradients, buffers;
  Tensor of_image;
};

// One pass forth and back of a network whose weights, input and loss come from fixed seeds, in double where
// libtorch computes it alone.
Pass pass(const std::string& architecture, const Computation& how, torch::ScalarType type = torch::kFloat,
          Precision precision = Precision::fp32, bool frozen = false) {
  torch::manual_seed(11);
  const auto network = make_network(architecture, 4);
  for (auto& [name, buffer] : state_of(*network))
    if (name.find("running_mean") != std::string::npos) torch::NoGradGuard(), buffer.uniform_(-0.1, 0.1);
  network->to(type);
  network->train(!frozen);
  const std::int64_t side = 2 * network->stride();
  const Tensor image =
      torch::rand({1, 1, side + network->stride(), side, 2 * side}).to(type).requires_grad_();
  const Tensor weights = torch::randn({1, 4, image.size(2), image.size(3), image.size(4)}).to(type);
  Pass out;
  {
    const ComputationScope scope(how);
    const PrecisionScope autocast(precision, torch::kCPU);
    out.logits = network->forward(image);
  }
  (out.logits.to(type) * weights).mean().backward();
  out.of_image = image.grad().to(torch::kDouble);
  for (const auto& item : network->named_parameters())
    out.gradients.emplace_back(item.key(), item.value().grad().to(torch::kDouble));
  for (const auto& item : network->named_buffers())
    out.buffers.emplace_back(item.key(), item.value().to(torch::kDouble));
  return out;
}

double relative(const Tensor& ours, const Tensor& theirs) {
  const double scale = theirs.norm().item<double>();
  return (ours - theirs).norm().item<double>() / std::max(scale, 1e-12);
}

void expect_same(const Pass& ours, const Pass& theirs, double tolerance) {
  EXPECT_LT(relative(ours.logits.to(torch::kDouble), theirs.logits.to(torch::kDouble)), tolerance);
  EXPECT_LT(relative(ours.of_image, theirs.of_image), tolerance);
  double all = 0;
  for (const auto& [name, gradient] : theirs.gradients) all = std::max(all, gradient.norm().item<double>());
  for (std::size_t i = 0; i < theirs.gradients.size(); ++i) {
    const auto& [name, gradient] = theirs.gradients[i];
    // A tensor whose gradient is rounding alone (biases before a batch norm) is held against the largest.
    const double error = (ours.gradients[i].second - gradient).norm().item<double>();
    EXPECT_LT(error, tolerance * std::max(gradient.norm().item<double>(), 1e-2 * all)) << name;
  }
  for (std::size_t i = 0; i < theirs.buffers.size(); ++i)
    EXPECT_LT(relative(ours.buffers[i].second, theirs.buffers[i].second), tolerance)
        << theirs.buffers[i].first;
}

class FusedNetwork : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Networks, FusedNetwork,
                         testing::Values("AnatomyNet", "baseline", "baseline2Pool", "baselineRes18Conc",
                                         "baselineRes18Sum", "baselineSERes18Conc", "baselineSERes18Sum"));

TEST_P(FusedNetwork, FusedIsWhatLibtorchComputesInDouble) {
  ASSERT_TRUE(onednn_available());
  for (const bool frozen : {false, true}) {
    const Pass exact = pass(GetParam(), {.fused = false}, torch::kDouble, Precision::fp32, frozen);
    expect_same(pass(GetParam(), {.fused = true}, torch::kFloat, Precision::fp32, frozen), exact, 2e-4);
  }
}

TEST_P(FusedNetwork, CheckpointedIsTheSameToRounding) {
  for (const bool fused : {true, false}) {
    const Pass kept = pass(GetParam(), {.fused = fused});
    expect_same(pass(GetParam(), {.fused = fused, .checkpoint = true}), kept, 1e-5);
  }
}

TEST_P(FusedNetwork, Bf16StaysNearDouble) {
  const Pass exact = pass(GetParam(), {.fused = false}, torch::kDouble);
  const Pass fused = pass(GetParam(), {.fused = true, .checkpoint = true}, torch::kFloat, Precision::bf16);
  const Pass plain = pass(GetParam(), {.fused = false}, torch::kFloat, Precision::bf16);
  // bfloat16 has 8 bits; what counts is that the fused pass is no worse than libtorch's autocast.
  const double ours = relative(fused.logits.to(torch::kDouble), exact.logits),
               theirs = relative(plain.logits.to(torch::kDouble), exact.logits);
  EXPECT_LT(ours, std::max(0.02, 1.3 * theirs)) << "libtorch: " << theirs;
}

TEST(Fused, TheSameBitsOnAnyNumberOfThreadsButForSplitSums) {
  const int before = at::get_num_threads();
  std::vector<Tensor> logits;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    logits.push_back(pass("AnatomyNet", {}).logits);
  }
  at::set_num_threads(before);
  EXPECT_LT((logits[0] - logits[1]).abs().max().item<double>(), 1e-5);
}

// Whole volumes are measured so: without gradients, batch norm by its running statistics. The sizes are odd
// ones and the real one for which libtorch 1.13's own bf16 convolutions are wrong on a CPU with AMX.
TEST(FusedEvaluation, IsWhatLibtorchComputesForAnySize) {
  ASSERT_TRUE(onednn_available());
  torch::manual_seed(5);
  const auto network = make_network("AnatomyNet", 9);
  network->eval();
  const torch::NoGradGuard no_grad;
  for (const auto& [d, h, w] : {std::array{24, 31, 43}, std::array{9, 64, 17}, std::array{138, 106, 208}}) {
    const Tensor image = torch::rand({1, 1, d, h, w});
    const auto logits = [&](const Computation& how, Precision precision) {
      const ComputationScope scope(how);
      const PrecisionScope autocast(precision, torch::kCPU);
      return forward_padded(*network, image).to(torch::kFloat);
    };
    const Tensor exact = logits({}, Precision::fp32);
    const Computation fused{.fused_without_gradients = true};
    EXPECT_LT(relative(logits(fused, Precision::fp32), exact), 1e-5) << d;
    const Tensor rounded = logits(fused, Precision::bf16);
    EXPECT_LT(relative(rounded, exact), 0.02) << d;
    EXPECT_GT(relative(rounded, exact), 1e-5) << "that was not bf16";
  }
}

}  // namespace
}  // namespace anatomynet::network

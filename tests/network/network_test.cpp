#include "network/network.h"

#include <fstream>
#include <set>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "common/refusal.h"
#include "network/fixed_order.h"
#include "network/precision.h"

namespace anatomynet::network {
namespace {

std::int64_t parameter_count(const torch::nn::Module& network) {
  std::int64_t count = 0;
  for (const auto& p : network.parameters()) count += p.numel();
  return count;
}

torch::Tensor random_image(std::int64_t d, std::int64_t h, std::int64_t w, std::uint64_t seed = 7) {
  return torch::rand({1, 1, d, h, w}, torch::make_generator<torch::CPUGeneratorImpl>(seed));
}

// A network whose running statistics are not the trivial 0 and 1.
std::shared_ptr<Network> seeded(const std::string& architecture, std::int64_t classes,
                                std::uint64_t seed = 1) {
  torch::manual_seed(seed);
  auto network = make_network(architecture, classes);
  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : state_of(*network)) {
    if (name.ends_with("running_mean")) tensor.uniform_(-0.2, 0.2);
    if (name.ends_with("running_var")) tensor.uniform_(0.5, 2);
  }
  network->eval();
  return network;
}

class EveryNetwork : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Architectures, EveryNetwork, testing::ValuesIn(architectures()),
                         [](const auto& test) { return test.param; });

// The figures of the authors' paper and code, for 10 classes.
TEST(Networks, HaveThePublishedNumberOfWeights) {
  const std::map<std::string, std::int64_t> published{
      {"AnatomyNet", 734417},         {"baselineSERes18Conc", 734417}, {"baselineSERes18Sum", 494845},
      {"baselineRes18Conc", 1049084}, {"baselineRes18Sum", 493639},    {"baseline", 819674},
      {"baseline2Pool", 4005698},     {"baseline3Pool", 15234986},     {"baseline4Pool", 22450218}};
  std::map<std::string, std::int64_t> ours;
  for (const auto& name : architectures()) ours[name] = parameter_count(*make_network(name, 10));
  EXPECT_EQ(ours, published);
  EXPECT_EQ(architectures().front(), "AnatomyNet");
}

TEST_P(EveryNetwork, HasTheAuthorsTensors) {
  const std::string file = ANATOMYNET_SHARED_DIR "/reference/parity/state_keys.json";
  std::ifstream in(file);
  if (!in)
    GTEST_SKIP() << "NOT TESTED: " << file
                 << " is absent; names and shapes were not compared with the authors'";
  const auto reference = nlohmann::ordered_json::parse(in).at(GetParam()).at("state");
  const auto ours = state_of(*make_network(GetParam(), 10));
  ASSERT_EQ(ours.size(), reference.size());
  std::size_t i = 0;
  for (const auto& [name, shape] : reference.items()) {
    EXPECT_EQ(ours[i].first, name) << "at position " << i;
    EXPECT_EQ(ours[i].second.sizes().vec(), shape.get<std::vector<std::int64_t>>()) << name;
    ++i;
  }
}

TEST_P(EveryNetwork, GivesAsManyClassesAsAsked) {
  const std::int64_t at_ten = parameter_count(*make_network(GetParam(), 10));
  std::set<std::int64_t> kernels;
  for (const std::int64_t classes : {2, 5, 21}) {
    const auto network = seeded(GetParam(), classes);
    torch::NoGradGuard no_grad;
    EXPECT_EQ(forward_padded(*network, random_image(4, 8, 16)).sizes().vec(),
              (std::vector<std::int64_t>{1, classes, 4, 8, 16}));
    // Only the last convolution knows the number of classes: each has one kernel and one bias.
    const std::int64_t difference = parameter_count(*network) - at_ten;
    EXPECT_EQ(difference % (classes - 10), 0);
    kernels.insert(difference / (classes - 10));
  }
  EXPECT_EQ(kernels.size(), 1u);
}

TEST_P(EveryNetwork, TakesAnySizePaddedWithAirAtTheFarEnds) {
  const auto network = seeded(GetParam(), 3);
  const std::int64_t stride = network->stride();
  torch::NoGradGuard no_grad;
  for (const auto& [d, h, w] : {std::array<std::int64_t, 3>{9, 7, 11}, {1, 2, 3}}) {
    const torch::Tensor image = random_image(d, h, w), out = forward_padded(*network, image);
    ASSERT_EQ(out.sizes().vec(), (std::vector<std::int64_t>{1, 3, d, h, w}));
    const auto up = [&](std::int64_t n) { return (n + stride - 1) / stride * stride; };
    torch::Tensor padded = torch::zeros({1, 1, up(d), up(h), up(w)});
    using torch::indexing::Slice;
    padded.index_put_({0, 0, Slice(0, d), Slice(0, h), Slice(0, w)}, image[0][0]);
    const torch::Tensor expected =
        network->forward(padded).index({Slice(), Slice(), Slice(0, d), Slice(0, h), Slice(0, w)});
    EXPECT_TRUE(torch::equal(out, expected)) << d << ' ' << h << ' ' << w;
  }
}

TEST_P(EveryNetwork, GivesTheSameBitsWhateverTheThreads) {
  const auto network = seeded(GetParam(), 5);
  torch::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  const torch::Tensor image = random_image(9, 13, 11);
  at::set_num_threads(1);
  const torch::Tensor expected = forward_padded(*network, image);
  for (const int threads : {2, 4}) {
    at::set_num_threads(threads);
    EXPECT_TRUE(torch::equal(forward_padded(*network, image), expected)) << threads << " threads";
  }
  at::set_num_threads(before);
}

// Large enough for oneDNN to block by the number of threads.
TEST(AnatomyNet, GivesTheSameBitsOnALargerVolume) {
  const auto network = seeded("AnatomyNet", 10);
  torch::NoGradGuard no_grad;
  const torch::Tensor image = random_image(30, 50, 37);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor expected = forward_padded(*network, image);
  at::set_num_threads(2);
  EXPECT_TRUE(torch::equal(forward_padded(*network, image), expected));
  at::set_num_threads(before);
}

TEST(Convolved, IsTheConvolutionWithTheSameBitsWhateverTheThreads) {
  torch::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  for (const bool bias : {false, true}) {
    torch::nn::Conv3d layer(torch::nn::Conv3dOptions(22, 30, 1).bias(bias));
    const torch::Tensor x = torch::randn({2, 22, 23, 32, 29});
    at::set_num_threads(1);
    const torch::Tensor ours = convolved(*layer, x);
    EXPECT_TRUE(torch::allclose(ours, layer(x), 1e-5, 1e-5));
    EXPECT_TRUE(torch::equal(convolved(*layer, x.transpose(2, 4).contiguous().transpose(2, 4)), ours));
    for (const int threads : {2, 3}) {
      at::set_num_threads(threads);
      EXPECT_TRUE(torch::equal(convolved(*layer, x), ours)) << threads << " threads";
    }
  }
  at::set_num_threads(before);
  torch::nn::Conv3d strided(torch::nn::Conv3dOptions(2, 3, 1).stride(2)),
      wide(torch::nn::Conv3dOptions(2, 3, 3));
  const torch::Tensor x = torch::randn({1, 2, 6, 5, 7});
  EXPECT_TRUE(torch::equal(convolved(*strided, x), strided(x)));
  EXPECT_TRUE(torch::equal(convolved(*wide, x), wide(x)));
}

TEST(Convolved, HasGradients) {
  torch::nn::Conv3d layer(torch::nn::Conv3dOptions(2, 3, 1));
  convolved(*layer, torch::ones({1, 2, 2, 2, 2})).sum().backward();
  EXPECT_EQ(layer->weight.grad().sum().item<float>(), 48);
}

TEST_P(EveryNetwork, StartsFromKaimingNormalWeights) {
  torch::manual_seed(3);
  const auto network = make_network(GetParam(), 10);
  for (const auto& item : network->named_parameters()) {
    const torch::Tensor& w = item.value();
    if (w.dim() != 5 || w.numel() < 5000) continue;
    const double expected = std::sqrt(2.0 / double(w[0].numel()));
    EXPECT_NEAR(w.std().item<double>() / expected, 1, 0.05) << item.key();
    EXPECT_LT(std::abs(w.mean().item<double>()), 5 * expected / std::sqrt(double(w.numel()))) << item.key();
  }
  torch::manual_seed(3);
  const auto again = state_of(*make_network(GetParam(), 10)), first = state_of(*network);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(torch::equal(first[i].second, again[i].second));
}

TEST(Networks, AreRefusedByName) {
  test::expect_refused(ErrorKind::model, {"'UNet'", "AnatomyNet", "baseline4Pool"},
                       [] { make_network("UNet", 10); });
  test::expect_refused(ErrorKind::model, {"2 classes", "got 1"}, [] { make_network("AnatomyNet", 1); });
}

TEST(ChannelMeans, AgreeWithAndWithoutGradients) {
  const torch::Tensor x =
      random_image(9, 31, 33).expand({2, 3, 9, 31, 33}) + torch::arange(6).view({2, 3, 1, 1, 1});
  const torch::Tensor expected = x.to(torch::kDouble).mean({2, 3, 4}).to(torch::kFloat);
  EXPECT_TRUE(torch::allclose(channel_means(x), expected, 1e-6, 0));
  torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::allclose(channel_means(x), expected, 1e-7, 0));
  EXPECT_TRUE(torch::allclose(channel_means(x.transpose(2, 4)), expected, 1e-7, 0));  // not contiguous
}

TEST(Precision, Bf16EndsWithItsScope) {
  const torch::Tensor x = random_image(4, 4, 4);
  const torch::Tensor w = torch::ones({2, 1, 3, 3, 3});
  {
    const PrecisionScope scope(Precision::bf16, torch::kCPU);
    EXPECT_EQ(torch::conv3d(x, w).scalar_type(), torch::kBFloat16);
  }
  EXPECT_EQ(torch::conv3d(x, w).scalar_type(), torch::kFloat);
  const PrecisionScope scope(Precision::fp32, torch::kCPU);
  EXPECT_EQ(torch::conv3d(x, w).scalar_type(), torch::kFloat);
}

}  // namespace
}  // namespace anatomynet::network
